"""FLUSHALL at any moment: the next tick says again what Redis was told, and nothing runs twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import update

from core import jobs, queue, runs, schedules
from core.models import Job
from tests.schedule_clock import due_for, kinds, scheduled
from tests.world import World
from worker.scheduler import DatabaseScheduler


class EmptiedRedis(Redis):
    """Somebody empties it right before its command number `moment`, counted from 1; a pipeline is one."""

    moment = 0
    said = 0

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        self._count()
        return super().execute_command(*arguments, **options)

    def pipeline(self, *arguments: Any, **options: Any) -> Any:
        self._count()
        return super().pipeline(*arguments, **options)

    def _count(self) -> None:
        self.said += 1
        if self.said == self.moment:
            self.moment = 0
            super().execute_command("FLUSHALL")


def tick(world: World, emptied_before: int) -> tuple[int, DatabaseScheduler]:
    """A new schedule comes due, all else is done, and a new scheduler makes one tick; how many commands
    that took."""
    with world.database.write() as session:
        session.execute(update(Job).values(status="finished"))
    queue.queue(world.redis).empty()
    schedule = scheduled(world, metric=world.metric(f"Number {emptied_before}"))
    due_for(world, schedule, timedelta(minutes=5))
    redis = EmptiedRedis.from_url(world.settings.redis)
    redis.moment = emptied_before
    scheduler = DatabaseScheduler(world.place, redis)
    scheduler.enqueue_jobs()
    return redis.said, scheduler


@pytest.mark.parametrize("empty_at_first", [True, False])
def test_at_whatever_command_of_a_tick_redis_is_emptied_the_next_tick_puts_it_right(
    world: World, empty_at_first: bool
) -> None:
    moment, commands = 0, 0
    while moment <= commands:
        if empty_at_first:
            world.redis.flushall()
        moment += 1
        commands, scheduler = tick(world, emptied_before=moment)
        scheduler.enqueue_jobs()

        assert_all_is_told(world, f"emptied before command {moment}")
    assert moment > 7
    assert [kinds(world, schedule) for schedule in all_schedules(world)] == [["run"]] * moment


def assert_all_is_told(world: World, when: str) -> None:
    entries = {entry.decode() for entry in world.redis.zrange(queue.SCHEDULES, 0, -1)}
    assert entries == {f"sched-{schedule}" for schedule in all_schedules(world)}, when
    wakes = queue.queue(world.redis).get_job_ids()
    assert sorted(wakes) == sorted(f"job-{job_id}-0" for job_id in world.due_jobs()), when


def all_schedules(world: World) -> list[int]:
    return [each.id for each in schedules.list_schedules(world.database, world.admin)]


def test_jobs_and_fires_are_told_again_at_once_and_not_after_half_a_minute(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.metric(), runs.READ_ONLY)
    schedule = scheduled(world, metric=world.metric("Scheduled"))
    scheduler = DatabaseScheduler(world.place, world.redis)
    scheduler.enqueue_jobs()
    world.redis.flushall()
    scheduler.enqueue_jobs()
    assert queue.queue(world.redis).get_job_ids() == [f"job-{started.job_id}-0"]
    assert world.redis.zrange(queue.SCHEDULES, 0, -1) == [f"sched-{schedule}".encode()]


def test_a_redis_that_was_not_emptied_is_told_nothing_twice(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.metric(), runs.READ_ONLY)
    DatabaseScheduler(world.place, world.redis).enqueue_jobs()
    assert jobs.claim(world.database, started.job_id) is not None
    queue.queue(world.redis).empty()
    DatabaseScheduler(world.place, world.redis).enqueue_jobs()
    assert queue.queue(world.redis).get_job_ids() == []


@pytest.mark.parametrize("paused", [True, False])
def test_a_paused_schedule_does_not_come_back_with_the_others(world: World, paused: bool) -> None:
    schedule = scheduled(world)
    if paused:
        schedules.pause(world.database, world.admin, schedule)
    DatabaseScheduler(world.place, world.redis).enqueue_jobs()
    world.redis.flushall()
    DatabaseScheduler(world.place, world.redis).enqueue_jobs()
    assert world.redis.zcard(queue.SCHEDULES) == (0 if paused else 1)
