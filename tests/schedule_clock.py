"""Time for schedules: it passes by moving what is due into the past, since the database has the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core import schedules
from core.db import database_now
from core.models import FireRecord, Run, Schedule
from core.runs import READ_ONLY, RunOptions
from core.schedules import Fired
from tests.world import World

GRACE = 3600


ONCE_A_YEAR = "0 9 1 1 *"
"""Never due by itself while a test is running, but for a minute a year."""


def scheduled(
    world: World, cron: str = ONCE_A_YEAR, *, metric: int | None = None, options: RunOptions = READ_ONLY
) -> int:
    """A schedule in UTC, over the given metric or a new one; its id."""
    metrics = [metric or world.metric()]
    return schedules.add(
        world.database, world.admin, world.project_id, metrics, cron, timezone="UTC", options=options
    ).id


def due_for(world: World, schedule_id: int, late: timedelta) -> datetime:
    """Let the schedule have been due that long ago; the moment, on the minute."""
    with world.database.write() as session:
        at = (database_now(session) - late).replace(second=0, microsecond=0)
        session.get_one(Schedule, schedule_id).next_fire_at = at
        return at


def fire(world: World, schedule_id: int, grace: int = GRACE) -> Fired:
    return schedules.fire(world.database, schedule_id, grace)


def fires(world: World, schedule_id: int) -> list[tuple[datetime, str]]:
    """Each due moment with what became of it, in order."""
    query = select(FireRecord.due_at, FireRecord.kind).where(FireRecord.schedule_id == schedule_id)
    with world.database.read() as session:
        return [(row.due_at, row.kind) for row in session.execute(query.order_by(FireRecord.due_at))]


def kinds(world: World, schedule_id: int) -> list[str]:
    return [kind for _, kind in fires(world, schedule_id)]


def reasons(world: World, schedule_id: int) -> list[str]:
    query = select(FireRecord.reason).where(FireRecord.schedule_id == schedule_id)
    with world.database.read() as session:
        return list(session.scalars(query.order_by(FireRecord.due_at)))


def runs_of(world: World, schedule_id: int) -> list[int]:
    with world.database.read() as session:
        return list(session.scalars(select(Run.id).where(Run.schedule_id == schedule_id).order_by(Run.id)))


def stored(world: World, schedule_id: int) -> Schedule:
    with world.database.read() as session:
        return session.get_one(Schedule, schedule_id)


def now() -> datetime:
    return datetime.now(UTC)
