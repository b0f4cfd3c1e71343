"""How a project stands: what waits for a person, and the live score of every metric over its runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.models import Call, Metric, MetricReview, MetricVersion, Result
from core.runs.attention import Trouble, WaitingProposal, troubles, waiting_proposals
from core.terms import Actor, Outcome, Role, Score

POINTS = 30
"""Of each metric, the newest runs that scored it."""

_FAILED = Outcome.FAILED.value
"""Its baseline is left out: what an outage left unjudged would look like a fall."""


@dataclass(frozen=True, slots=True)
class LivePoint:
    """What the definition that was live after a run had scored in it."""

    run_id: int
    result_id: int
    at: datetime | None
    score: Score
    version_id: int | None


@dataclass(frozen=True, slots=True)
class MetricCard:
    """A metric with its live score over its runs, oldest first. `labelled` counts the rows of its Lab."""

    id: int
    name: str
    version: int
    version_id: int
    labelled: int
    points: tuple[LivePoint, ...]
    waiting: WaitingProposal | None

    @property
    def latest(self) -> LivePoint | None:
        """The newest score of the live version, else the newest of any."""
        of_live = [point for point in self.points if point.version_id == self.version_id]
        known = of_live or self.points
        return known[-1] if known else None

    @property
    def previous(self) -> LivePoint | None:
        """The one before the latest."""
        latest = self.latest
        before = self.points[: self.points.index(latest)] if latest else ()
        return before[-1] if before else None

    @property
    def edited_since(self) -> bool:
        """Whether the latest score is that of another version than the live one."""
        return self.latest is not None and self.latest.version_id != self.version_id


@dataclass(frozen=True, slots=True)
class Overview:
    metrics: tuple[MetricCard, ...]
    waiting: tuple[WaitingProposal, ...]
    troubles: tuple[Trouble, ...]
    calls: int
    labelled: int

    @property
    def scored(self) -> bool:
        """Whether any run has scored a metric yet."""
        return any(card.points for card in self.metrics)


def overview(database: Database, actor: Actor, project_id: int) -> Overview:
    """How a project stands, in six queries whatever its size. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see this project")
        waiting = tuple(waiting_proposals(session, project_id))
        metrics = tuple(_cards(session, project_id, waiting))
        return Overview(
            metrics=metrics,
            waiting=waiting,
            troubles=tuple(troubles(session, project_id)),
            calls=session.scalar(select(func.count()).where(Call.project_id == project_id)) or 0,
            labelled=sum(card.labelled for card in metrics),
        )


def _cards(session: Session, project_id: int, waiting: tuple[WaitingProposal, ...]) -> list[MetricCard]:
    points = _points(session, project_id)
    by_metric = {proposal.metric_id: proposal for proposal in waiting}
    rows = session.execute(
        select(Metric.id, Metric.name, MetricVersion.number, MetricVersion.id, _labelled())
        .join(MetricVersion, MetricVersion.id == Metric.live_version_id)
        .where(Metric.project_id == project_id, Metric.archived_at.is_(None))
        .order_by(Metric.name)
    )
    return [
        MetricCard(key, name, number, version_id, labelled, tuple(points.get(key, ())), by_metric.get(key))
        for key, name, number, version_id, labelled in rows
    ]


def _labelled() -> Any:
    return (
        select(func.count())
        .where(MetricReview.metric_id == Metric.id, MetricReview.labelled.is_(True))
        .correlate(Metric)
        .scalar_subquery()
    )


def _points(session: Session, project_id: int) -> Mapping[int, list[LivePoint]]:
    newest_first = func.row_number().over(partition_by=Result.metric_id, order_by=Result.id.desc())
    ranked = (
        select(
            Result.id,
            Result.metric_id,
            Result.run_id,
            Result.finished_at,
            Result.baseline_correct,
            Result.baseline_total,
            func.coalesce(Result.applied_correct, Result.optimised_correct).label("applied_correct"),
            func.coalesce(Result.applied_total, Result.optimised_total).label("applied_total"),
            func.coalesce(Result.applied_not_judged, Result.not_judged).label("applied_not_judged"),
            Result.not_judged,
            Result.base_version_id,
            Result.applied_version_id,
            newest_first.label("rank"),
        )
        .join(Metric, Metric.id == Result.metric_id)
        .where(Metric.project_id == project_id, Result.baseline_total > 0, Result.outcome != _FAILED)
        .subquery()
    )
    columns = ranked.c
    query = select(ranked).where(columns.rank <= POINTS).order_by(columns.metric_id, columns.rank.desc())
    found: defaultdict[int, list[LivePoint]] = defaultdict(list)
    for row in session.execute(query):
        found[row.metric_id].append(_point(row))
    return found


def _point(row: Any) -> LivePoint:
    """A candidate that was applied, at once or by a person later, is what was live from then on."""
    if row.applied_version_id is not None and row.applied_total:
        score = Score(row.applied_correct, row.applied_total, row.applied_not_judged)
        return LivePoint(row.run_id, row.id, row.finished_at, score, row.applied_version_id)
    score = Score(row.baseline_correct, row.baseline_total, row.not_judged)
    return LivePoint(row.run_id, row.id, row.finished_at, score, row.base_version_id)
