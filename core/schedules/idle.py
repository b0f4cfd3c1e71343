"""Schedules that run without anything to learn from: nobody labelled since their last run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.models import MetricReview, Result, Run, Schedule, ScheduleMetric
from core.terms import Actor, Outcome, Role


@dataclass(frozen=True, slots=True)
class IdleSchedule:
    """A schedule whose last run found nothing new, and that has seen no new label or note since."""

    id: int
    name: str
    last_run_id: int
    last_run_at: datetime
    next_fire_at: datetime | None


@dataclass(frozen=True, slots=True)
class IdlePage:
    """The first ones, and how many there are in all."""

    schedules: tuple[IdleSchedule, ...]
    total: int


def idle_schedules(database: Database, actor: Actor, project_id: int, limit: int = 5) -> IdlePage:
    """As `idle_in` for a person who may see schedules. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see schedules")
        found = tuple(idle_in(session, project_id, limit))
        if len(found) < limit:
            return IdlePage(found, len(found))
        total = select(func.count()).select_from(Schedule).where(Schedule.project_id == project_id, is_idle())
        return IdlePage(found, session.scalar(total) or 0)


def idle_in(session: Session, project_id: int, limit: int) -> list[IdleSchedule]:
    """The enabled ones, in the order in which they fire next.

    A schedule whose last run did find something is none of these, though it has not been labelled for
    since: until its next fire there is time.
    """
    query = (
        select(Schedule.id, Schedule.name, Run.id, Run.created_at, Schedule.next_fire_at)
        .join(Run, Run.id == _newest_run())
        .where(Schedule.project_id == project_id, *_on_for_nothing())
        .order_by(Schedule.next_fire_at, Schedule.id)
        .limit(limit)
    )
    return [IdleSchedule(*row) for row in session.execute(query)]


def is_idle() -> ColumnElement[bool]:
    """Whether a schedule is one of these."""
    return select(Run.id).where(Run.id == _newest_run(), *_on_for_nothing()).correlate(Schedule).exists()


def _newest_run() -> Any:
    return (
        select(Run.id)
        .where(Run.schedule_id == Schedule.id, Run.finished_at.is_not(None))
        .order_by(Run.id.desc())
        .limit(1)
        .correlate(Schedule)
        .scalar_subquery()
    )


def _on_for_nothing() -> tuple[ColumnElement[bool], ...]:
    return (
        Schedule.enabled.is_(True),
        Schedule.deleted_at.is_(None),
        ~_came_to_something(),
        ~_labelled_since(),
    )


def _came_to_something() -> Any:
    return exists().where(Result.run_id == Run.id, Result.outcome != Outcome.NO_CHANGES.value)


def _labelled_since() -> Any:
    return exists().where(
        ScheduleMetric.schedule_id == Schedule.id,
        MetricReview.metric_id == ScheduleMetric.metric_id,
        MetricReview.labelled_at > Run.created_at,
    )
