"""Freeze what a run works on: definition, labels and options, read in one short session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.endpoints import own_address
from core.lab import collect
from core.metrics import live_version, model_of
from core.models import Call, Metric, MetricReview, Result, Run
from core.optimiser.case import Case
from core.optimiser.fingerprint import fingerprint
from core.optimiser.strategies import OWN
from core.settings import Settings
from core.terms import DECISIONS, Definition, Guard, Outcome


@dataclass(frozen=True, slots=True)
class Frozen:
    """One metric of a run as it was when the run collected it."""

    result_id: int
    run_id: int
    project_id: int
    metric_id: int
    metric_name: str
    base_version_id: int
    base_revision: int
    case: Case
    model: str
    fingerprint: str
    max_calls: int | None
    max_cost: float | None
    guard: Guard
    check_noise: bool | None
    """Whether the judge is to be asked again; None leaves that to the run (`weighing.wants_noise`)."""
    skip_evaluation: bool
    strategy: str
    seed: int
    conversations: Mapping[int, str]
    """Digests of the transcripts, by call id."""
    deleted: bool
    """Whether the metric was deleted before this result had its turn."""


def freeze(session: Session, settings: Settings, result_id: int) -> Frozen:
    result = session.get_one(Result, result_id)
    run = session.get_one(Run, result.run_id)
    metric = session.get_one(Metric, result.metric_id)
    version = live_version(session, metric)
    rows = tuple(collect(session, metric.id, run.options.get("review_ids")))
    model = model_of(session, metric, settings.llm_model)
    conversations = _digests(session, metric.id)
    return Frozen(
        result_id=result.id,
        run_id=run.id,
        project_id=run.project_id,
        metric_id=metric.id,
        metric_name=metric.name,
        base_version_id=version.id,
        base_revision=metric.revision,
        case=Case(version.definition, metric.eval_settings, rows),
        model=model,
        fingerprint=fingerprint(
            rows,
            conversations,
            metric.eval_settings,
            _model_settings(session, settings, run.project_id, model),
            {"guard": run.guard, **run.options},
        ),
        max_calls=run.max_calls,
        max_cost=run.max_cost,
        guard=Guard(run.guard),
        check_noise=run.options.get("check_noise"),
        skip_evaluation=run.options.get("skip_evaluation", False),
        strategy=str(run.options.get("strategy", OWN)),
        seed=int(run.options.get("seed", 0)),
        conversations=conversations,
        deleted=metric.archived_at is not None,
    )


def _model_settings(session: Session, settings: Settings, project_id: int, model: str) -> dict[str, object]:
    """The same name may stand for another model at an endpoint of the project's own."""
    found: dict[str, object] = {"model": model, "max_output_tokens": settings.llm_max_output_tokens}
    own = own_address(session, project_id)
    return found if own is None else found | {"endpoint": own}


def _digests(session: Session, metric_id: int) -> dict[int, str]:
    rows = session.execute(
        select(Call.id, Call.digest)
        .join(MetricReview, MetricReview.call_id == Call.id)
        .where(MetricReview.metric_id == metric_id)
    )
    return {row.id: row.digest for row in rows}


def same_question(session: Session, frozen: Frozen, live: Definition) -> Result | None:
    """An earlier result that decided this very question: same fingerprint, from or to this definition.

    A proposal without a score decided nothing.
    """
    digest = live.digest()
    return session.scalar(
        select(Result)
        .where(
            Result.metric_id == frozen.metric_id,
            Result.fingerprint == frozen.fingerprint,
            Result.outcome.in_([outcome.value for outcome in DECISIONS]),
            (Result.outcome != Outcome.PROPOSED.value) | Result.optimised_total.is_not(None),
            (Result.base_digest == digest) | (Result.candidate_digest == digest),
        )
        .order_by(Result.id.desc())
        .limit(1)
    )
