"""A moment that was due leaves its row, whatever is done to the schedule before it was handled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import schedules
from core.models import ScheduleMetric
from tests.databases import on_both
from tests.schedule_clock import due_for, fires, kinds, now, reasons, scheduled, stored
from tests.world import World

LATE = timedelta(minutes=5)


def archive(world: World, schedule_id: int) -> None:
    with world.database.read() as session:
        chosen = select(ScheduleMetric.metric_id).where(ScheduleMetric.schedule_id == schedule_id)
        metric = session.scalars(chosen).one()
    schedules.archive(world.database, world.admin, metric)


ENDS: dict[str, tuple[Callable[[World, int], object], str]] = {
    "pause": (
        lambda world, schedule: schedules.pause(world.database, world.admin, schedule),
        "The schedule was paused before this fire was handled.",
    ),
    "delete": (
        lambda world, schedule: schedules.delete(world.database, world.admin, schedule),
        "The schedule was deleted before this fire was handled.",
    ),
    "its last metric deleted": (archive, "Its last metric, “Polite”, was deleted."),
}


@on_both
@pytest.mark.parametrize("end", list(ENDS))
def test_what_was_due_when_the_schedule_ends_is_missed(world: World, end: str) -> None:
    deed, reason = ENDS[end]
    schedule = scheduled(world)
    at = due_for(world, schedule, LATE)

    deed(world, schedule)

    assert fires(world, schedule) == [(at, "missed")]
    assert reasons(world, schedule) == [reason]
    assert stored(world, schedule).next_fire_at is None


@pytest.mark.parametrize("end", list(ENDS))
def test_a_schedule_that_was_not_due_misses_nothing_when_it_ends(world: World, end: str) -> None:
    schedule = scheduled(world)
    ENDS[end][0](world, schedule)
    assert fires(world, schedule) == []


def test_pausing_twice_misses_a_moment_once(world: World) -> None:
    schedule = scheduled(world)
    due_for(world, schedule, LATE)
    schedules.pause(world.database, world.admin, schedule)
    schedules.pause(world.database, world.admin, schedule)
    assert kinds(world, schedule) == ["missed"]


def test_a_day_of_minutes_is_listed_whole(world: World) -> None:
    schedule = scheduled(world, "* * * * *")
    at = due_for(world, schedule, timedelta(minutes=1300))

    schedules.pause(world.database, world.admin, schedule)

    found = [moment for moment, _ in fires(world, schedule)]
    assert found[0] == at
    assert found == [at + timedelta(minutes=n) for n in range(len(found))]
    assert now() - found[-1] < timedelta(minutes=2)


def test_resuming_what_is_not_paused_leaves_a_due_fire_to_the_scheduler(world: World) -> None:
    schedule = scheduled(world)
    at = due_for(world, schedule, LATE)
    before = stored(world, schedule).revision

    assert schedules.resume(world.database, world.admin, schedule).next_fire_at == at

    assert fires(world, schedule) == []
    assert stored(world, schedule).revision == before
