"""Schedules as people and programs see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise, find_project, visible_projects
from core.cron import describe, parse, zone
from core.db import Database
from core.errors import BadCron, UnknownZone
from core.models import Metric, Project, Schedule, ScheduleMetric
from core.terms import Actor, Role


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule; `next_fire_at` is aware UTC, None while it is paused."""

    id: int
    project: str
    name: str
    metrics: tuple[str, ...]
    cron: str
    timezone: str
    description: str
    auto_apply: bool
    guard: str
    notify: str
    enabled: bool
    paused_reason: str
    next_fire_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "project": self.project,
            "name": self.name,
            "metrics": list(self.metrics),
            "cron": self.cron,
            "timezone": self.timezone,
            "description": self.description,
            "auto_apply": self.auto_apply,
            "guard": self.guard,
            "notify": self.notify,
            "enabled": self.enabled,
            "paused_reason": self.paused_reason,
            "next_fire_at": self.next_fire_at.isoformat() if self.next_fire_at else None,
        }


def list_schedules(database: Database, actor: Actor, project: int | str | None = None) -> list[ScheduleView]:
    """The schedules of a project, or of all projects the actor may see, by id; in two queries."""
    with database.read() as session:
        query = select(Schedule).where(Schedule.deleted_at.is_(None)).order_by(Schedule.id)
        if project is not None:
            project_id = find_project(session, project).id
            authorise(session, actor, project_id, Role.VIEWER, "see schedules")
            query = query.where(Schedule.project_id == project_id)
        else:
            query = query.where(Schedule.project_id.in_(visible_projects(actor)))
        return views(session, query)


@dataclass(frozen=True, slots=True)
class NextToFire:
    """The schedules that fire next, the first one first, and how many will fire in all."""

    schedules: tuple[ScheduleView, ...]
    total: int


def next_to_fire(database: Database, actor: Actor, project: int | str, count: int) -> NextToFire:
    """At most `count` of a project's. Raises NotFound, NotAllowed."""
    with database.read() as session:
        project_id = find_project(session, project).id
        authorise(session, actor, project_id, Role.VIEWER, "see schedules")
        on = (Schedule.enabled.is_(True), Schedule.deleted_at.is_(None), Schedule.next_fire_at.is_not(None))
        query = select(Schedule).where(Schedule.project_id == project_id, *on)
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        first = views(session, query.order_by(Schedule.next_fire_at, Schedule.id).limit(count))
        return NextToFire(tuple(first), total)


def view(session: Session, schedule: Schedule) -> ScheduleView:
    return views(session, select(Schedule).where(Schedule.id == schedule.id))[0]


def views(session: Session, query: Select[Schedule]) -> list[ScheduleView]:
    """The schedules that a query finds, in its order; in two queries however many they are."""
    rows = session.execute(query.join(Project, Project.id == Schedule.project_id).add_columns(Project.name))
    found = [(schedule, project) for schedule, project in rows]
    names = _metric_names(session, query)
    return [_view(schedule, project, names[schedule.id]) for schedule, project in found]


def _metric_names(session: Session, query: Select[Schedule]) -> Mapping[int, list[str]]:
    wanted = query.with_only_columns(Schedule.id).subquery()
    rows = session.execute(
        select(ScheduleMetric.schedule_id, Metric.name)
        .join(wanted, wanted.c.id == ScheduleMetric.schedule_id)
        .join(Metric, Metric.id == ScheduleMetric.metric_id)
        .order_by(ScheduleMetric.schedule_id, ScheduleMetric.position)
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for schedule_id, name in rows:
        found[schedule_id].append(name)
    return found


def _view(schedule: Schedule, project: str, metrics: Sequence[str]) -> ScheduleView:
    return ScheduleView(
        id=schedule.id,
        project=project,
        name=schedule.name,
        metrics=tuple(metrics),
        cron=schedule.cron,
        timezone=schedule.timezone,
        description=described(schedule.cron, schedule.timezone),
        auto_apply=schedule.auto_apply,
        guard=schedule.guard,
        notify=schedule.notify,
        enabled=schedule.enabled,
        paused_reason=schedule.paused_reason,
        next_fire_at=schedule.next_fire_at,
    )


def described(cron: str, timezone: str) -> str:
    """Plain English; a stored schedule that a newer timezone table no longer knows is still listed."""
    try:
        return describe(parse(cron), zone(timezone))
    except (BadCron, UnknownZone) as error:
        return str(error)
