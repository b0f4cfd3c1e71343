"""What the runs of one metric came to, over time: what the history chart shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from core.db import Database
from core.metrics import find_for
from core.models import MetricVersion, Result
from core.terms import Actor, Outcome, Role, Score

NEWEST = 500


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Both scores on the rows that the search never saw."""

    baseline: Score
    optimised: Score


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One finished result of a metric; times are aware UTC.

    `applied_at` is when its candidate went live, by the run itself or later by a person, as version
    `version`; both are None while it is not applied. `applied_score` is the score it went live with.
    """

    at: datetime
    run_id: int
    result_id: int
    outcome: Outcome
    baseline: Score | None
    optimised: Score | None
    held_out: HeldOut | None
    applied: bool
    reason: str
    applied_at: datetime | None = None
    version: int | None = None
    applied_score: Score | None = None


@dataclass(frozen=True, slots=True)
class LiveScore:
    """The agreement of the live definition, measured at (or applied from) one result."""

    at: datetime
    score: Score


def history(
    database: Database, actor: Actor, metric_id: int, limit: int = NEWEST, *, since: datetime | None = None
) -> list[HistoryPoint]:
    """The metric's newest finished results, the oldest of them first; those made since a moment, if given.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see runs")
        newest = session.execute(
            _results(since).where(Result.metric_id == metric.id).order_by(Result.id.desc()).limit(limit)
        ).all()
    return _in_order(newest)


def histories(
    session: Session, metric_ids: Sequence[int], since: datetime | None, limit: int
) -> dict[int, list[HistoryPoint]]:
    """The same for several metrics at once, at most `limit` points each, by metric."""
    rows: defaultdict[int, list[Any]] = defaultdict(list)
    if not metric_ids:
        return {}
    newest = [
        _results(since).where(Result.metric_id == metric_id).order_by(Result.id.desc()).limit(limit)
        for metric_id in metric_ids
    ]
    for row in session.execute(union_all(*(select(one.subquery()) for one in newest))):
        rows[row.metric_id].append(row)
    return {metric_id: _in_order(of_metric) for metric_id, of_metric in rows.items()}


def _results(since: datetime | None) -> Any:
    query = (
        select(
            Result.id,
            Result.metric_id,
            Result.run_id,
            Result.finished_at,
            Result.created_at,
            Result.outcome,
            Result.reason,
            Result.baseline_correct,
            Result.baseline_total,
            Result.optimised_correct,
            Result.optimised_total,
            Result.not_judged,
            Result.applied_correct,
            Result.applied_total,
            Result.applied_not_judged,
            Result.held_out,
            MetricVersion.number.label("version"),
            MetricVersion.created_at.label("applied_at"),
        )
        .outerjoin(MetricVersion, MetricVersion.id == Result.applied_version_id)
        .where(Result.outcome.is_not(None))
    )
    return query if since is None else query.where(Result.created_at >= since)


def _in_order(rows: Iterable[Any]) -> list[HistoryPoint]:
    return sorted((_point(row) for row in rows), key=lambda point: (point.at, point.result_id))


def live_scores(points: Iterable[HistoryPoint]) -> list[LiveScore]:
    """Every moment at which the agreement of the live definition became known, in order of time.

    A failed run's baseline is left out: what an outage left unjudged would look like a fall.
    """
    known: list[LiveScore] = []
    for point in points:
        if point.outcome is not Outcome.FAILED and _measured(point.baseline):
            known.append(LiveScore(point.at, point.baseline))
        applied = point.applied_score or point.optimised
        if point.applied_at is not None and _measured(applied):
            known.append(LiveScore(point.applied_at, applied))
    return sorted(known, key=lambda one: one.at)


def known_at(scores: Sequence[LiveScore], at: datetime) -> Score | None:
    """The live score as last measured before or at a moment; the first one after it if there is none."""
    before = [one.score for one in scores if one.at <= at]
    if before:
        return before[-1]
    return scores[0].score if scores else None


def _point(row: Any) -> HistoryPoint:
    at = row.finished_at or row.created_at
    applied_at = None if row.version is None else max(row.applied_at, at)
    optimised = Score.or_none(row.optimised_correct, row.optimised_total, row.not_judged)
    kept = Score.or_none(row.applied_correct, row.applied_total, row.applied_not_judged or 0)
    return HistoryPoint(
        at=at,
        run_id=row.run_id,
        result_id=row.id,
        outcome=Outcome(row.outcome),
        baseline=Score.or_none(row.baseline_correct, row.baseline_total, row.not_judged),
        optimised=optimised,
        held_out=_held_out(row.held_out),
        applied=row.version is not None,
        reason=row.reason,
        applied_at=applied_at,
        version=row.version,
        applied_score=None if row.version is None else kept or optimised,
    )


def _held_out(stored: dict[str, Any] | None) -> HeldOut | None:
    if stored is None:
        return None
    return HeldOut(Score(**stored["baseline"]), Score(**stored["optimised"]))


def _measured(score: Score | None) -> TypeGuard[Score]:
    return score is not None and score.total > 0
