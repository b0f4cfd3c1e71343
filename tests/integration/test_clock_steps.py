"""Somebody sets a clock an hour forward or back, or had it wrong all along: no moment is lost or doubled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from core import jobs, queue, runs
from core.db import database_now
from core.health import alive, beat
from core.work import reconcile
from tests.clock_steps import SteppingClock
from tests.databases import on_both
from tests.schedule_clock import due_for, fires, kinds, now, runs_of, scheduled, stored
from tests.world import World
from worker.scheduler import DatabaseScheduler

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
QUARTERLY = "*/15 * * * *"


@pytest.fixture
def clock(world: World) -> SteppingClock:
    return SteppingClock(world.database)


def tick(world: World) -> list[int]:
    """One of a scheduler that has just been started, so that it also looks into the database."""
    return DatabaseScheduler(world.place, world.redis).enqueue_jobs()


def moments_between(first: datetime, last: datetime) -> list[datetime]:
    """Every quarter of an hour from the first one on, up to the last."""
    count = (last - first) // (15 * MINUTE)
    return [first + number * 15 * MINUTE for number in range(count + 1)]


@on_both
def test_the_clock_that_is_asked_is_the_databases(world: World, clock: SteppingClock) -> None:
    clock.step(HOUR)
    with world.database.read() as session:
        assert abs(database_now(session) - (now() + HOUR)) < MINUTE


@on_both
def test_a_clock_set_forward_and_back_gives_every_moment_one_row(world: World, clock: SteppingClock) -> None:
    schedule = scheduled(world, QUARTERLY)
    first = stored(world, schedule).next_fire_at
    assert first is not None
    tick(world)
    clock.step(HOUR)
    tick(world)
    clock.step(-HOUR)
    for _ in range(6):
        tick(world)
        world.work()
        clock.step(15 * MINUTE)
    tick(world)

    waits_for = stored(world, schedule).next_fire_at
    assert waits_for is not None
    found = fires(world, schedule)
    assert [at for at, _ in found] == moments_between(first, waits_for - 15 * MINUTE)
    assert len(runs_of(world, schedule)) == [kind for _, kind in found].count("run") >= 2


@on_both
def test_a_clock_set_back_before_a_fire_only_delays_it(world: World, clock: SteppingClock) -> None:
    schedule = scheduled(world)
    clock.step(-HOUR)
    due_for(world, schedule, -30 * MINUTE)
    tick(world)
    assert kinds(world, schedule) == []
    clock.step(HOUR)
    tick(world)
    assert kinds(world, schedule) == ["run"]


@on_both
@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_dead_workers_job_is_queued_again_whichever_way_the_clock_stepped(
    world: World, clock: SteppingClock, step: timedelta
) -> None:
    started = runs.improve(world.database, world.editor, world.metric(), runs.READ_ONLY)
    assert jobs.claim(world.database, started.job_id) is not None
    clock.step(step)
    reconcile(world.place, world.redis)
    assert world.job(started.job_id).status == "queued"


@on_both
def test_a_wake_up_that_got_lost_is_repeated_after_the_clock_was_set_back(
    world: World, clock: SteppingClock
) -> None:
    started = runs.improve(world.database, world.editor, world.metric(), runs.READ_ONLY)
    jobs.push_now(world.database, world.redis, [started.job_id])
    world.redis.delete(f"rq:queue:{queue.QUEUE}")
    assert jobs.push_waiting(world.database, world.redis) == 0
    clock.step(-HOUR)
    assert jobs.push_waiting(world.database, world.redis) == 1


@on_both
def test_a_process_that_died_before_the_clock_was_set_back_does_not_seem_alive(
    world: World, clock: SteppingClock
) -> None:
    beat(world.database, "worker-1", "worker", now(), {})
    clock.step(-HOUR)
    with world.database.read() as session:
        assert alive(session, "worker") == []


@pytest.mark.parametrize("wrong_by", [HOUR, -HOUR])
def test_a_host_whose_own_clock_is_an_hour_wrong_fires_by_the_databases(
    world: World, wrong_by: timedelta
) -> None:
    due, later = scheduled(world), scheduled(world, metric=world.metric("Later"))
    due_for(world, due, 5 * MINUTE)
    due_for(world, later, -30 * MINUTE)
    scheduler = DatabaseScheduler(world.place, world.redis)
    with time_machine.travel(datetime.now(UTC) + wrong_by):
        assert scheduler.enqueue_jobs() == [due]
        due_for(world, due, 4 * MINUTE)
        queue.announce_fire(world.redis, due, now() - HOUR / 2 - wrong_by)
        assert scheduler._due_entries() == {due}
    assert kinds(world, later) == []


class SetBackInATick(DatabaseScheduler):
    """One whose host's clock is set back by an hour during the first tick; the second ends the process."""

    traveller: time_machine.Traveller
    ticks = 0

    def enqueue_jobs(self) -> list[int]:
        self.ticks += 1
        if self.ticks == 2:
            raise SystemExit(0)
        self.traveller.shift(-HOUR)
        return super().enqueue_jobs()

    def _install_signal_handlers(self) -> None:
        """The test's process keeps its own."""


@pytest.mark.timeout(90)
def test_a_host_clock_set_back_in_the_middle_of_a_tick_does_not_put_the_scheduler_to_sleep(
    world: World,
) -> None:
    scheduler = SetBackInATick(world.place, world.redis)
    with time_machine.travel(datetime.now(UTC), tick=True) as scheduler.traveller, pytest.raises(SystemExit):
        scheduler.run()
    assert scheduler.ticks == 2
