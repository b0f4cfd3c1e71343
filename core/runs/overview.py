"""How a project stands: what waits for a person, and the live score of every metric over its runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, union_all
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.models import Call, Metric, MetricReview, MetricVersion, Result
from core.runs.attention import (
    Trouble,
    WaitingProposal,
    count_troubles,
    count_waiting,
    troubles,
    waiting_proposals,
)
from core.terms import Actor, Outcome, Role, Score

POINTS = 30
"""Of each metric, the newest runs that scored it."""

_FAILED = Outcome.FAILED.value
"""Its baseline is left out: what an outage left unjudged would look like a fall."""


@dataclass(frozen=True, slots=True)
class LivePoint:
    """What a definition that was live before or after a run had scored in it."""

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
class CardPage:
    """Some of a project's metrics in alphabetical order, and how many there are in all."""

    cards: tuple[MetricCard, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Overview:
    """How a project stands. `waiting` and `troubles` are the first ones of so many."""

    metrics: int
    waiting: tuple[WaitingProposal, ...]
    waiting_count: int
    troubles: tuple[Trouble, ...]
    trouble_count: int
    calls: int
    labelled: int
    scored: bool
    """Whether any run has scored a metric yet."""


def overview(database: Database, actor: Actor, project_id: int, limit: int = 5) -> Overview:
    """How a project stands, and at most `limit` of each kind that wait for a person. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see this project")
        return Overview(
            metrics=_count(session, Metric.id, *_in(project_id)),
            waiting=tuple(waiting_proposals(session, project_id, limit=limit)),
            waiting_count=count_waiting(session, project_id),
            troubles=tuple(troubles(session, project_id, limit)),
            trouble_count=count_troubles(session, project_id),
            calls=_count(session, Call.id, Call.project_id == project_id),
            labelled=_labels(session, project_id),
            scored=_scored(session, project_id),
        )


def page_of_cards(
    database: Database, actor: Actor, project_id: int, *, offset: int = 0, limit: int = 12
) -> CardPage:
    """The cards of some metrics; the cost is that of those, however many there are. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see this project")
        total = _count(session, Metric.id, *_in(project_id))
        return CardPage(tuple(_cards(session, project_id, offset, limit)), total)


def _in(project_id: int) -> tuple[ColumnElement[bool], ...]:
    return Metric.project_id == project_id, Metric.archived_at.is_(None)


def _count(session: Session, column: Any, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(column)).where(*conditions)) or 0


def _labels(session: Session, project_id: int) -> int:
    query = select(func.count()).select_from(MetricReview).join(Metric, Metric.id == MetricReview.metric_id)
    return session.scalar(query.where(*_in(project_id), MetricReview.labelled.is_(True))) or 0


def _scored(session: Session, project_id: int) -> bool:
    scored = exists().where(
        Result.metric_id == Metric.id, Result.baseline_total > 0, Result.outcome != _FAILED
    )
    return session.scalar(select(Metric.id).where(*_in(project_id), scored).limit(1)) is not None


def _cards(session: Session, project_id: int, offset: int, limit: int) -> list[MetricCard]:
    rows = session.execute(
        select(Metric.id, Metric.name, MetricVersion.number, MetricVersion.id, _labelled())
        .join(MetricVersion, MetricVersion.id == Metric.live_version_id)
        .where(*_in(project_id))
        .order_by(Metric.name)
        .offset(offset)
        .limit(limit)
    ).all()
    ids = [row[0] for row in rows]
    points = _points(session, ids)
    waiting = {one.metric_id: one for one in waiting_proposals(session, project_id, metric_ids=ids)}
    return [
        MetricCard(key, name, number, version_id, labelled, tuple(points.get(key, ())), waiting.get(key))
        for key, name, number, version_id, labelled in rows
    ]


def _labelled() -> Any:
    return (
        select(func.count())
        .where(MetricReview.metric_id == Metric.id, MetricReview.labelled.is_(True))
        .correlate(Metric)
        .scalar_subquery()
    )


def _points(session: Session, metric_ids: Sequence[int]) -> Mapping[int, list[LivePoint]]:
    """Each metric's by the index, newest first, and no further than is shown."""
    found: defaultdict[int, list[LivePoint]] = defaultdict(list)
    if not metric_ids:
        return found
    newest = [select(_scored_results(metric_id).subquery()) for metric_id in metric_ids]
    for row in sorted(session.execute(union_all(*newest)), key=lambda row: int(row.id)):
        found[row.metric_id] += _points_of(row)
    return found


def _scored_results(metric_id: int) -> Any:
    return (
        select(
            Result.id,
            Result.metric_id,
            Result.run_id,
            Result.finished_at,
            Result.baseline_correct,
            Result.baseline_total,
            Result.optimised_correct,
            Result.optimised_total,
            Result.not_judged,
            Result.applied_correct,
            Result.applied_total,
            Result.applied_not_judged,
            Result.base_version_id,
            Result.applied_version_id,
        )
        .where(Result.metric_id == metric_id, Result.baseline_total > 0, Result.outcome != _FAILED)
        .order_by(Result.id.desc())
        .limit(POINTS)
    )


def _points_of(row: Any) -> list[LivePoint]:
    """The baseline, and after it the candidate that was applied, at once or by a person later."""
    baseline = Score(row.baseline_correct, row.baseline_total, row.not_judged)
    before = LivePoint(row.run_id, row.id, row.finished_at, baseline, row.base_version_id)
    kept = Score.or_none(row.applied_correct, row.applied_total, row.applied_not_judged or 0)
    score = kept or Score.or_none(row.optimised_correct, row.optimised_total, row.not_judged)
    if row.applied_version_id is None or score is None or not score.total:
        return [before]
    return [before, LivePoint(row.run_id, row.id, row.finished_at, score, row.applied_version_id)]
