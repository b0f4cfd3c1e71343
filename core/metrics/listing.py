"""A project's metrics at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from core.accounts import authorise, find_project
from core.db import Database
from core.metrics.usecases import find_for
from core.models import Metric, MetricReview, MetricVersion, Proposal, Result
from core.models.runs import UNFINISHED
from core.terms import Actor, EvalType, MetricType, Outcome, Role, Score


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """A metric in a list.

    `score` is the agreement as last measured, of the live definition unless `outdated`: that was
    edited since. `waiting_run` is the run whose proposal waits for review; `going` whether a run works
    on it or waits to.
    """

    id: int
    name: str
    type: MetricType
    eval_type: EvalType
    version: int
    critical: bool
    labelled: int
    score: Score | None
    outdated: bool
    last_outcome: Outcome | None
    last_run: int | None
    last_at: datetime | None
    waiting_run: int | None
    going: bool


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric to choose from."""

    id: int
    name: str


def metric_names(database: Database, actor: Actor, project: int | str) -> list[MetricName]:
    """The metrics of a project that are not deleted, by name. Raises NotFound, NotAllowed."""
    with database.read() as session:
        project_id = find_project(session, project).id
        authorise(session, actor, project_id, Role.VIEWER, "see metrics")
        query = select(Metric.id, Metric.name).where(
            Metric.project_id == project_id, Metric.archived_at.is_(None)
        )
        return [
            MetricName(*row) for row in session.execute(query.order_by(func.lower(Metric.name), Metric.id))
        ]


def list_metrics(database: Database, actor: Actor, project: int | str) -> list[MetricSummary]:
    """The same with how each stands. Raises NotFound, NotAllowed."""
    with database.read() as session:
        project_id = find_project(session, project).id
        authorise(session, actor, project_id, Role.VIEWER, "see metrics")
        query = _query().where(Metric.project_id == project_id)
        return [_summary(row) for row in session.execute(query)]


def metric_summary(database: Database, actor: Actor, metric_id: int) -> MetricSummary:
    """One metric as it stands in the list. Raises NotFound, NotAllowed."""
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see this metric")
        return _summary(session.execute(_query().where(Metric.id == metric.id)).one())


def _query() -> Select[Any]:
    last, scored, waiting = aliased(Result), aliased(Result), aliased(Result)
    measured = aliased(MetricVersion)
    return (
        select(
            Metric.id,
            Metric.name,
            Metric.eval_type,
            Metric.critical,
            MetricVersion.type,
            MetricVersion.number,
            _labelled().label("labelled"),
            _going().label("going"),
            last.outcome,
            last.run_id,
            last.finished_at,
            waiting.run_id.label("waiting_run"),
            scored.applied_version_id,
            (measured.digest != MetricVersion.digest).label("outdated"),
            scored.baseline_correct,
            scored.baseline_total,
            func.coalesce(scored.applied_correct, scored.optimised_correct).label("applied_correct"),
            func.coalesce(scored.applied_total, scored.optimised_total).label("applied_total"),
            func.coalesce(scored.applied_not_judged, scored.not_judged).label("applied_not_judged"),
            scored.not_judged,
        )
        .join(MetricVersion, MetricVersion.id == Metric.live_version_id)
        .outerjoin(last, last.id == _newest_result(Result.outcome.is_not(None)))
        .outerjoin(
            scored,
            scored.id == _newest_result(Result.baseline_total > 0, Result.outcome != Outcome.FAILED.value),
        )
        .outerjoin(measured, measured.id == func.coalesce(scored.applied_version_id, scored.base_version_id))
        .outerjoin(Proposal, (Proposal.metric_id == Metric.id) & (Proposal.state == "waiting"))
        .outerjoin(waiting, waiting.id == Proposal.result_id)
        .where(Metric.archived_at.is_(None))
        .order_by(func.lower(Metric.name), Metric.id)
    )


def _labelled() -> Any:
    return (
        select(func.count())
        .where(MetricReview.metric_id == Metric.id, MetricReview.labelled.is_(True))
        .correlate(Metric)
        .scalar_subquery()
    )


def _going() -> Any:
    return (
        select(func.count())
        .where(Result.metric_id == Metric.id, Result.state.in_(UNFINISHED))
        .correlate(Metric)
        .scalar_subquery()
    )


def _newest_result(*conditions: Any) -> Any:
    return (
        select(func.max(Result.id))
        .where(Result.metric_id == Metric.id, *conditions)
        .correlate(Metric)
        .scalar_subquery()
    )


def _summary(row: Any) -> MetricSummary:
    return MetricSummary(
        id=row.id,
        name=row.name,
        type=MetricType(row.type),
        eval_type=EvalType(row.eval_type),
        version=row.number,
        critical=row.critical,
        labelled=row.labelled,
        score=_live_score(row),
        outdated=bool(row.outdated),
        last_outcome=Outcome(row.outcome) if row.outcome else None,
        last_run=row.run_id,
        last_at=row.finished_at,
        waiting_run=row.waiting_run,
        going=row.going > 0,
    )


def _live_score(row: Any) -> Score | None:
    if row.baseline_total is None:
        return None
    if row.applied_version_id is not None and row.applied_total:
        return Score(row.applied_correct, row.applied_total, row.applied_not_judged)
    return Score(row.baseline_correct, row.baseline_total, row.not_judged)
