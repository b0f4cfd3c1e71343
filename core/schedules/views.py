"""Schedules as people and programs see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
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
    """The schedules of a project, or of all projects the actor may see, by id."""
    with database.read() as session:
        query = select(Schedule).where(Schedule.deleted_at.is_(None)).order_by(Schedule.id)
        if project is not None:
            project_id = find_project(session, project).id
            authorise(session, actor, project_id, Role.VIEWER, "see schedules")
            query = query.where(Schedule.project_id == project_id)
        else:
            query = query.where(Schedule.project_id.in_(visible_projects(actor)))
        return [view(session, schedule) for schedule in session.scalars(query)]


def view(session: Session, schedule: Schedule) -> ScheduleView:
    names = session.scalars(
        select(Metric.name)
        .join(ScheduleMetric, ScheduleMetric.metric_id == Metric.id)
        .where(ScheduleMetric.schedule_id == schedule.id)
        .order_by(ScheduleMetric.position)
    )
    return ScheduleView(
        id=schedule.id,
        project=session.get_one(Project, schedule.project_id).name,
        name=schedule.name,
        metrics=tuple(names),
        cron=schedule.cron,
        timezone=schedule.timezone,
        description=_described(schedule),
        auto_apply=schedule.auto_apply,
        guard=schedule.guard,
        notify=schedule.notify,
        enabled=schedule.enabled,
        paused_reason=schedule.paused_reason,
        next_fire_at=schedule.next_fire_at,
    )


def _described(schedule: Schedule) -> str:
    """Plain English; a stored schedule that a newer timezone table no longer knows is still listed."""
    try:
        return describe(parse(schedule.cron), zone(schedule.timezone))
    except (BadCron, UnknownZone) as error:
        return str(error)
