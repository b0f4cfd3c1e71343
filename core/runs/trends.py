"""How a project does over time: every metric's history, and labels, calls and cost period by period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise, find_project
from core.cron import zone
from core.db import Database, database_now
from core.models import Metric, MetricReview, Result, Run
from core.runs.history import HistoryPoint, histories
from core.terms import Actor, Role

POINTS = 200
"""Of each metric, the newest results of the time asked for."""
DAILY, WEEKLY = timedelta(days=45), timedelta(days=400)
"""Up to so long ago a period is a day, then a week, beyond that a month."""


@dataclass(frozen=True, slots=True)
class MetricTrend:
    """A metric and what its runs came to, the oldest first."""

    id: int
    name: str
    points: tuple[HistoryPoint, ...]


@dataclass(frozen=True, slots=True)
class TrendPage:
    """Some of a project's metrics in alphabetical order, and how many there are in all."""

    trends: tuple[MetricTrend, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week (from Monday) or month of the project's zone.

    `cost` is in the currency of the price settings, None where no result of it has a price.
    """

    begins: date
    labels: int
    runs: int
    calls: int
    cost: float | None


def page_of_trends(
    database: Database,
    actor: Actor,
    project_id: int,
    since: datetime | None,
    *,
    offset: int = 0,
    limit: int = 12,
) -> TrendPage:
    """The histories of some metrics since a moment, or of all time. Raises NotAllowed."""
    here = (Metric.project_id == project_id, Metric.archived_at.is_(None))
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see runs")
        total = session.scalar(select(func.count(Metric.id)).where(*here)) or 0
        wanted = select(Metric.id, Metric.name).where(*here).order_by(Metric.name).offset(offset).limit(limit)
        names = dict(session.execute(wanted).all())
        points = histories(session, list(names), since, POINTS)
        trends = [MetricTrend(key, name, tuple(points.get(key, ()))) for key, name in names.items()]
        return TrendPage(tuple(trends), total)


def activity(database: Database, actor: Actor, project_id: int, since: datetime | None) -> list[Period]:
    """What happened in each period since a moment, oldest first, quiet ones left out. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see runs")
        project = find_project(session, project_id)
        length = _length(since, database_now(session))
        labels = _labels(session, project_id, since)
        begun = _begun(session, project_id, since)
        spent = _spent(session, project_id, since)
        where = zone(project.timezone)
    return _periods(labels, begun, spent, lambda hour: _begin(hour, where, length))


def _length(since: datetime | None, now: datetime) -> str:
    if since is None or now - since > WEEKLY:
        return "month"
    return "day" if now - since <= DAILY else "week"


def _labels(session: Session, project_id: int, since: datetime | None) -> list[Any]:
    """Hours of UTC with the number of labels given in them."""
    query = (
        select(_hour(session, MetricReview.labelled_at), func.count())
        .join(Metric, Metric.id == MetricReview.metric_id)
        .where(Metric.project_id == project_id, MetricReview.labelled.is_(True))
        .where(MetricReview.labelled_at.is_not(None))
    )
    return _grouped(session, query, MetricReview.labelled_at, since)


def _begun(session: Session, project_id: int, since: datetime | None) -> list[Any]:
    """Hours of UTC with the number of runs made in them."""
    query = select(_hour(session, Run.created_at), func.count()).where(Run.project_id == project_id)
    return _grouped(session, query, Run.created_at, since)


def _spent(session: Session, project_id: int, since: datetime | None) -> list[Any]:
    """Hours of UTC with the calls and cost of the runs made in them, read from indexes alone."""
    query = (
        select(_hour(session, Run.created_at), func.sum(Result.calls), func.sum(Result.cost))
        .join(Result, Result.run_id == Run.id)
        .where(Run.project_id == project_id)
    )
    return _grouped(session, query, Run.created_at, since)


def _grouped(session: Session, query: Select[Any], at: Any, since: datetime | None) -> list[Any]:
    if since is not None:
        query = query.where(at >= since)
    return list(session.execute(query.group_by("hour")))


def _hour(session: Session, at: Any) -> Any:
    """`2026-11-27 23` in UTC. Hours are few enough to be sorted into the days of a zone afterwards."""
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24").label("hour")
    return func.strftime("%Y-%m-%d %H", at).label("hour")


def _periods(
    labels: Iterable[Any], begun: Iterable[Any], spent: Iterable[Any], period_of: Callable[[str], date]
) -> list[Period]:
    counted: defaultdict[date, list[Any]] = defaultdict(lambda: [0, 0, 0, None])
    for hour, count in labels:
        counted[period_of(hour)][0] += count
    for hour, runs in begun:
        counted[period_of(hour)][1] += runs
    for hour, calls, cost in spent:
        period = counted[period_of(hour)]
        period[2] += calls or 0
        if cost is not None:
            period[3] = (period[3] or 0.0) + cost
    return [Period(begins, *counts) for begins, counts in sorted(counted.items())]


def _begin(hour: str, where: ZoneInfo, length: str) -> date:
    day = datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(where).date()
    if length == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if length == "week" else day
