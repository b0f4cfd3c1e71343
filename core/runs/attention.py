"""What a project asks of a person: proposals to decide on, and metrics whose newest run came to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.models import Metric, Proposal, Result
from core.notifications.summary import FAILURES
from core.runs.starting import DONE
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


def waiting_proposals(session: Session, project_id: int) -> list[WaitingProposal]:
    """Oldest first."""
    rows = session.execute(
        select(Proposal.id, Proposal.created_at, *_columns())
        .join(Result, Result.id == Proposal.result_id)
        .join(Metric, Metric.id == Proposal.metric_id)
        .where(Metric.project_id == project_id, Metric.archived_at.is_(None), Proposal.state == "waiting")
        .order_by(Proposal.id)
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


def troubles(session: Session, project_id: int) -> list[Trouble]:
    """Newest first. Cancelled results say nothing about a metric, so the one before them counts."""
    newest = (
        select(func.max(Result.id))
        .where(Result.state == DONE, Result.outcome != Outcome.CANCELLED.value)
        .group_by(Result.metric_id)
    )
    query: Select[Any] = (
        select(*_columns())
        .join(Metric, Metric.id == Result.metric_id)
        .where(
            Metric.project_id == project_id,
            Metric.archived_at.is_(None),
            Result.id.in_(newest),
            Result.outcome.in_([outcome.value for outcome in FAILURES]),
        )
        .order_by(Result.id.desc())
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
