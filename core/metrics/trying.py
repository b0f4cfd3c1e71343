"""Try a metric's code on some calls before it is saved: nothing is stored and no model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.errors import NotFound, Refused
from core.judging.call_data import NO_VERDICTS
from core.judging.dry_run import DryRun, dry_run
from core.judging.values import agrees
from core.lab import StoredVerdicts, TranscriptStore
from core.metrics.definitions import check_definition
from core.metrics.usecases import find
from core.models import Call, MetricReview
from core.terms import Actor, Definition, EvalSettings, Role

MOST_CHOICES = 200
MOST_CALLS = 20
"""Calls in one dry run; with code that never ends it takes half a minute."""


@dataclass(frozen=True, slots=True)
class CallChoice:
    """A call that code can be tried on. `expected` is its label in the metric's Lab, if it has one."""

    call_id: int
    external_id: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class TriedCall:
    """What the code made of a call. `agrees` compares with the label, None where there is nothing to."""

    choice: CallChoice
    run: DryRun
    agrees: bool | None


def calls_to_try(
    database: Database, actor: Actor, project_id: int, metric_id: int | None = None
) -> list[CallChoice]:
    """Up to 200 calls of the project, labelled ones of the metric first, then the newest.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        _authorise(session, actor, project_id, metric_id)
        query = _choices(project_id, metric_id).order_by(MetricReview.labelled.is_not(True), Call.id.desc())
        return _found(session, query.limit(MOST_CHOICES))


def try_code(
    database: Database,
    actor: Actor,
    project_id: int,
    definition: Definition,
    settings: EvalSettings,
    call_ids: Sequence[int],
    metric_id: int | None = None,
) -> list[TriedCall]:
    """What the definition's code makes of each call, in the order given.

    Raises BadDefinition for code that can't be read, Refused for more than 20 calls, NotFound, NotAllowed.
    """
    if len(call_ids) > MOST_CALLS:
        raise Refused(f"A dry run takes {MOST_CALLS} calls at most.")
    check_definition(definition)
    with database.read() as session:
        _authorise(session, actor, project_id, metric_id)
        query = _choices(project_id, metric_id).where(Call.id.in_(call_ids))
        choices = {choice.call_id: choice for choice in _found(session, query)}
    for call_id in call_ids:
        if call_id not in choices:
            raise NotFound("call", call_id)
    others = StoredVerdicts(database, project_id, metric_id).of(call_ids)
    return [
        _tried(
            choices[call.call_id],
            dry_run(definition, settings, call, others.get(call.call_id, NO_VERDICTS)),
            settings,
        )
        for call in TranscriptStore(database).load(call_ids)
    ]


def _tried(choice: CallChoice, run: DryRun, settings: EvalSettings) -> TriedCall:
    if choice.expected is None or (run.value is None and not run.failure):
        return TriedCall(choice, run, None)
    return TriedCall(choice, run, run.value is not None and agrees(choice.expected, run.value, settings))


def _authorise(session: Session, actor: Actor, project_id: int, metric_id: int | None) -> None:
    authorise(session, actor, project_id, Role.EDITOR, "try code")
    if metric_id is not None and find(session, metric_id).project_id != project_id:
        raise NotFound("metric", metric_id)


def _choices(project_id: int, metric_id: int | None) -> Select[int, str, bool | None, str | None]:
    in_lab = (MetricReview.call_id == Call.id) & (MetricReview.metric_id == metric_id)
    return (
        select(Call.id, Call.external_id, MetricReview.labelled, MetricReview.expected_value)
        .outerjoin(MetricReview, in_lab)
        .where(Call.project_id == project_id)
    )


def _found(session: Session, query: Select[int, str, bool | None, str | None]) -> list[CallChoice]:
    return [
        CallChoice(call_id, external_id, expected if labelled else None)
        for call_id, external_id, labelled, expected in session.execute(query)
    ]
