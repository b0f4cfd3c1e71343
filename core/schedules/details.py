"""Schedules with all that a page shows of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise, find_project
from core.db import Database
from core.models import Metric, MetricVersion, Schedule, ScheduleMetric, User
from core.schedules.access import seen
from core.schedules.fires_view import PastFire, newest_fires
from core.schedules.idle import is_idle
from core.schedules.views import described
from core.terms import Actor, Guard, MetricType, Notify, Role

NEWEST = 10
"""Past fires shown with each schedule."""
PAGE = 10
"""Schedules on one page."""


@dataclass(frozen=True, slots=True)
class ScheduledMetric:
    """`is_code`: a run turned it into code; it stays on the schedule."""

    id: int
    name: str
    critical: bool
    is_code: bool


@dataclass(frozen=True, slots=True)
class ScheduleDetails:
    """A schedule; times are aware UTC, `next_fire_at` is None while it is paused.

    `description` says in plain English when it fires; `max_calls` bounds one metric of a run; `owner`
    is an email address, None for one made by the product; `newest` are its last fires, newest first;
    `revision` is what an edit names, so that nobody overwrites somebody else's.
    """

    id: int
    project_id: int
    name: str
    metrics: tuple[ScheduledMetric, ...]
    cron: str
    timezone: str
    description: str
    auto_apply: bool
    apply_code: bool
    guard: Guard
    notify: Notify
    max_calls: int | None
    max_cost: float | None
    enabled: bool
    paused_reason: str
    next_fire_at: datetime | None
    owner: str | None
    revision: int
    newest: tuple[PastFire, ...]

    @property
    def going(self) -> bool:
        """Whether a run of it is on its way."""
        return any(fire.going for fire in self.newest)


@dataclass(frozen=True, slots=True)
class ScheduleFilter:
    """What a schedule has to match: `text` in its name, whatever the case; on, paused, or either (None);
    `idle`: on, and nobody has labelled since its last run found nothing new."""

    text: str = ""
    enabled: bool | None = None
    idle: bool = False


EVERY = ScheduleFilter()


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """Some of the schedules that match, and how many match in all."""

    schedules: tuple[ScheduleDetails, ...]
    total: int


def page_of_schedules(
    database: Database,
    actor: Actor,
    project: int | str,
    wanted: ScheduleFilter = EVERY,
    *,
    page: int = 1,
    size: int = PAGE,
) -> SchedulePage:
    """One page (from 1) of a project's schedules by name, in a fixed number of queries.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        project_id = find_project(session, project).id
        authorise(session, actor, project_id, Role.VIEWER, "see schedules")
        matching = select(Schedule).where(Schedule.project_id == project_id, *_conditions(wanted))
        total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
        offset = min((max(1, page) - 1) * size, total)
        found = session.scalars(
            matching.order_by(Schedule.name, Schedule.id).limit(size).offset(offset)
        ).all()
        return SchedulePage(tuple(all_details(session, found)), total)


def _conditions(wanted: ScheduleFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Schedule.deleted_at.is_(None)]
    if wanted.text:
        found.append(Schedule.name.icontains(wanted.text, autoescape=True))
    if wanted.enabled is not None:
        found.append(Schedule.enabled.is_(wanted.enabled))
    if wanted.idle:
        found.append(is_idle())
    return found


def schedule_details(database: Database, actor: Actor, schedule_id: int) -> ScheduleDetails:
    """One schedule that is not deleted. Raises NotFound, NotAllowed."""
    with database.read() as session:
        return all_details(session, [seen(session, actor, schedule_id)])[0]


def all_details(session: Session, schedules: Sequence[Schedule]) -> list[ScheduleDetails]:
    """The details of these schedules, in their order."""
    ids = [schedule.id for schedule in schedules]
    metrics, newest = _metrics(session, ids), newest_fires(session, ids, NEWEST)
    owners = _emails(session, {schedule.owner_id for schedule in schedules if schedule.owner_id})
    return [
        ScheduleDetails(
            id=one.id,
            project_id=one.project_id,
            name=one.name,
            metrics=tuple(metrics[one.id]),
            cron=one.cron,
            timezone=one.timezone,
            description=described(one.cron, one.timezone),
            auto_apply=one.auto_apply,
            apply_code=one.apply_code,
            guard=Guard(one.guard),
            notify=Notify(one.notify),
            max_calls=one.max_calls,
            max_cost=one.max_cost,
            enabled=one.enabled,
            paused_reason=one.paused_reason,
            next_fire_at=one.next_fire_at,
            owner=owners.get(one.owner_id) if one.owner_id else None,
            revision=one.revision,
            newest=newest.get(one.id, ()),
        )
        for one in schedules
    ]


def _metrics(session: Session, ids: Sequence[int]) -> defaultdict[int, list[ScheduledMetric]]:
    rows = session.execute(
        select(ScheduleMetric.schedule_id, Metric.id, Metric.name, Metric.critical, MetricVersion.type)
        .join(Metric, Metric.id == ScheduleMetric.metric_id)
        .join(MetricVersion, MetricVersion.id == Metric.live_version_id)
        .where(ScheduleMetric.schedule_id.in_(ids), Metric.archived_at.is_(None))
        .order_by(ScheduleMetric.schedule_id, ScheduleMetric.position)
    )
    found: defaultdict[int, list[ScheduledMetric]] = defaultdict(list)
    for schedule_id, metric_id, name, critical, type_ in rows:
        is_code = type_ == MetricType.CUSTOM_CODE
        found[schedule_id].append(ScheduledMetric(metric_id, name, critical, is_code))
    return found


def _emails(session: Session, ids: set[int]) -> dict[int, str]:
    users = session.scalars(select(User).where(User.id.in_(ids)))
    return {user.id: user.email for user in users}
