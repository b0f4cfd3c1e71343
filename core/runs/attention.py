"""What a project asks of a person: proposals to decide on, and metrics whose newest run came to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from core.models import Metric, Proposal, Result, Run
from core.models.runs import DONE
from core.notifications.summary import FAILURES
from core.terms import Outcome, Score


@dataclass(frozen=True, slots=True)
class WaitingProposal:
    """A proposal that a person has to decide on; the scores are over the same labels."""

    proposal_id: int
    metric_id: int
    metric: str
    run_id: int
    result_id: int
    since: datetime
    baseline: Score | None
    optimised: Score | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A metric whose newest result failed, ran out of budget or had too few labels."""

    metric_id: int
    metric: str
    run_id: int
    result_id: int
    at: datetime | None
    outcome: Outcome
    reason: str


def waiting_proposals(
    session: Session,
    project_id: int,
    *,
    limit: int | None = None,
    metric_ids: Sequence[int] | None = None,
) -> list[WaitingProposal]:
    """Oldest first; at most `limit`, or those of some metrics."""
    rows = session.execute(
        select(Proposal.id, Proposal.created_at, *_columns())
        .join(Result, Result.id == Proposal.result_id)
        .join(Metric, Metric.id == Proposal.metric_id)
        .where(*_waiting(project_id), *([] if metric_ids is None else [Metric.id.in_(metric_ids)]))
        .order_by(Proposal.id)
        .limit(limit)
    )
    return [
        WaitingProposal(
            proposal_id=row.id,
            metric_id=row.metric_id,
            metric=row.name,
            run_id=row.run_id,
            result_id=row.result_id,
            since=row.finished_at or row.created_at,
            baseline=Score.or_none(row.baseline_correct, row.baseline_total, row.not_judged),
            optimised=Score.or_none(row.optimised_correct, row.optimised_total, row.not_judged),
        )
        for row in rows
    ]


def count_waiting(session: Session, project_id: int) -> int:
    query = select(func.count(Proposal.id)).join(Metric, Metric.id == Proposal.metric_id)
    return session.scalar(query.where(*_waiting(project_id))) or 0


def troubles(session: Session, project_id: int, limit: int) -> list[Trouble]:
    """Newest first. Cancelled results say nothing about a metric, so the one before them counts."""
    query: Select[Any] = (
        select(*_columns())
        .join(Metric, Metric.id == Result.metric_id)
        .where(*_in_trouble(project_id))
        .order_by(Result.id.desc())
        .limit(limit)
    )
    return [
        Trouble(
            row.metric_id,
            row.name,
            row.run_id,
            row.result_id,
            row.finished_at,
            Outcome(row.outcome),
            row.reason,
        )
        for row in session.execute(query)
    ]


class Need(StrEnum):
    """What a run asks of a person: to decide on a proposal, or to look at why a metric came to nothing."""

    DECISION = "decision"
    LOOK = "look"


def in_need(need: Need, project_id: int) -> ColumnElement[bool]:
    """Whether a run holds what `waiting_proposals`, or `troubles`, lists."""
    of_run = select(Result.id).join(Metric, Metric.id == Result.metric_id).where(Result.run_id == Run.id)
    if need is Need.DECISION:
        of_run = of_run.join(Proposal, Proposal.result_id == Result.id).where(*_waiting(project_id))
    else:
        of_run = of_run.where(*_in_trouble(project_id))
    return of_run.correlate(Run).exists()


def count_troubles(session: Session, project_id: int) -> int:
    query = select(func.count(Result.id)).join(Metric, Metric.id == Result.metric_id)
    return session.scalar(query.where(*_in_trouble(project_id))) or 0


def _waiting(project_id: int) -> tuple[ColumnElement[bool], ...]:
    return Metric.project_id == project_id, Metric.archived_at.is_(None), Proposal.state == "waiting"


def _in_trouble(project_id: int) -> tuple[ColumnElement[bool], ...]:
    """The newest result of each metric is found by the index, one look a metric, however many there are."""
    other = aliased(Result)
    newest = (
        select(other.id)
        .where(other.metric_id == Metric.id, other.state == DONE, other.outcome != Outcome.CANCELLED.value)
        .order_by(other.id.desc())
        .limit(1)
        .correlate(Metric)
        .scalar_subquery()
    )
    return (
        Metric.project_id == project_id,
        Metric.archived_at.is_(None),
        Result.id == newest,
        Result.outcome.in_([outcome.value for outcome in FAILURES]),
    )


def _columns() -> tuple[Any, ...]:
    return (
        Result.id.label("result_id"),
        Result.run_id,
        Result.metric_id,
        Metric.name,
        Result.outcome,
        Result.reason,
        Result.finished_at,
        Result.baseline_correct,
        Result.baseline_total,
        Result.optimised_correct,
        Result.optimised_total,
        Result.not_judged,
    )
