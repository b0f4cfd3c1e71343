"""rq-scheduler's loop, one tick at a time, against a real Redis."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError
from sqlalchemy import func, select, update

from core import queue, runs, schedules
from core.models import Job, Result, Run, Schedule
from tests.schedule_clock import due_for, now, runs_of, scheduled
from tests.world import World
from worker.scheduler import DatabaseScheduler, process_name


def scheduler_of(world: World) -> DatabaseScheduler:
    return DatabaseScheduler(world.place, world.redis)


def test_a_tick_fires_what_is_due_and_wakes_a_worker(world: World) -> None:
    schedule = scheduled(world)
    due_for(world, schedule, timedelta(minutes=5))
    assert scheduler_of(world).enqueue_jobs() == [schedule]
    assert len(queue.queue(world.redis).get_job_ids()) == 1
    assert (world.redis.zscore(queue.SCHEDULES, f"sched-{schedule}") or 0) > now().timestamp()
    assert scheduler_of(world).enqueue_jobs() == []


def test_a_schedule_fires_although_redis_was_emptied(world: World) -> None:
    schedule = scheduled(world)
    scheduler = scheduler_of(world)
    scheduler.enqueue_jobs()
    world.redis.flushall()
    due_for(world, schedule, timedelta(minutes=5))
    scheduler._reconciled_at = float("-inf")
    assert scheduler.enqueue_jobs() == [schedule]
    assert len(runs_of(world, schedule)) == 1


def test_the_first_tick_fills_an_empty_redis(world: World) -> None:
    live, paused = scheduled(world, metric=world.metric("A")), scheduled(world, metric=world.metric("B"))
    schedules.pause(world.database, world.admin, paused)
    scheduler_of(world).enqueue_jobs()
    assert world.redis.zrange(queue.SCHEDULES, 0, -1) == [f"sched-{live}".encode()]


def test_one_schedule_that_cannot_fire_does_not_keep_the_others_from_it(world: World) -> None:
    metric = world.metric()
    broken, sound = scheduled(world, metric=metric), scheduled(world, metric=metric)
    with world.database.write() as session:
        session.execute(update(Schedule).where(Schedule.id == broken).values(guard="no such guard"))
    for schedule in (broken, sound):
        due_for(world, schedule, timedelta(minutes=5))
    assert scheduler_of(world).enqueue_jobs() == [broken, sound]
    assert (len(runs_of(world, broken)), len(runs_of(world, sound))) == (0, 1)


@pytest.mark.parametrize("entry", ["sched-99", "sched-", "something else", "sched-\u0663x"])
def test_an_entry_that_names_no_schedule_is_taken_out(world: World, entry: str) -> None:
    schedule = scheduled(world)
    due_for(world, schedule, timedelta(minutes=5))
    world.redis.zadd(queue.SCHEDULES, {entry: 1.0})
    scheduler_of(world).enqueue_jobs()
    assert world.redis.zscore(queue.SCHEDULES, entry) is None
    assert len(runs_of(world, schedule)) == 1


def test_a_pause_reaches_a_scheduler_that_still_has_the_entry(world: World) -> None:
    schedule = scheduled(world)
    world.redis.zadd(queue.SCHEDULES, {f"sched-{schedule}": 1.0})
    schedules.pause(world.database, world.admin, schedule)
    scheduler_of(world).enqueue_jobs()
    assert runs_of(world, schedule) == []
    assert world.redis.zcard(queue.SCHEDULES) == 0


def test_a_silent_workers_job_is_queued_and_pushed_again(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.metric(), runs.READ_ONLY)
    with world.database.write() as session:
        session.execute(update(Job).values(status="running", token="x", attempt=1))
    world.silence(started.job_id)
    scheduler_of(world).enqueue_jobs()
    assert world.job(started.job_id).status == "queued"
    assert queue.queue(world.redis).get_job_ids() == [f"job-{started.job_id}-1"]


def test_the_lock_is_had_by_one_and_taken_from_nobody(world: World) -> None:
    first, second = scheduler_of(world), scheduler_of(world)
    assert first.acquire_lock()
    assert not second.acquire_lock()
    second.remove_lock()
    assert not second.acquire_lock()
    first.remove_lock()
    assert second.acquire_lock()


def test_a_holder_whose_lock_ran_out_does_not_remove_the_next_ones(world: World) -> None:
    first, second = scheduler_of(world), scheduler_of(world)
    first.acquire_lock()
    world.redis.delete(first.scheduler_lock_key)
    assert second.acquire_lock()
    first.remove_lock()
    first.renew_lock()
    assert not first.acquire_lock()


def test_a_tick_without_redis_raises_for_the_loop_to_wait_and_lost_nothing(world: World) -> None:
    schedule = scheduled(world)
    due_for(world, schedule, timedelta(minutes=5))
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
    away = DatabaseScheduler(world.place, queue.connect("redis://127.0.0.1:1/0"))
    with pytest.raises(ConnectionError):
        away.enqueue_jobs()
    assert scheduler_of(world).enqueue_jobs() == [schedule]
    assert len(runs_of(world, schedule)) == 1


class Losing(DatabaseScheduler):
    """A scheduler whose lock runs out, and is somebody else's, right after its first fire."""

    def _fire(self, schedule_id: int) -> None:
        super()._fire(schedule_id)
        self.connection.set(self.scheduler_lock_key, "somebody else's")


def test_a_scheduler_whose_lock_ran_out_leaves_the_rest_to_the_next_holder(world: World) -> None:
    metric = world.metric()
    due = [scheduled(world, metric=metric) for _ in range(3)]
    for schedule in due:
        due_for(world, schedule, timedelta(minutes=5))
    slow = Losing(world.place, world.redis)
    slow.fired_together = 1
    assert slow.acquire_lock()
    assert slow.enqueue_jobs() == due[:1]
    slow.remove_lock()
    assert world.redis.get(slow.scheduler_lock_key) == b"somebody else's"
    world.redis.delete(slow.scheduler_lock_key)

    next_holder = scheduler_of(world)
    assert next_holder.acquire_lock()
    assert next_holder.enqueue_jobs() == due[1:]
    assert [len(runs_of(world, schedule)) for schedule in due] == [1, 1, 1]


def test_the_lock_has_its_whole_time_again_after_each_fire(world: World) -> None:
    due_for(world, scheduled(world), timedelta(minutes=5))
    scheduler = scheduler_of(world)
    scheduler.acquire_lock()
    world.redis.expire(scheduler.scheduler_lock_key, 2)
    scheduler.enqueue_jobs()
    assert world.redis.ttl(scheduler.scheduler_lock_key) > 2


def test_the_lock_names_the_process_that_holds_it(world: World) -> None:
    scheduler = scheduler_of(world)
    scheduler.acquire_lock()
    held = world.redis.get(scheduler.scheduler_lock_key)
    assert isinstance(held, bytes) and held.decode().startswith(f"{process_name()}-")


def test_jobs_that_cannot_be_looked_after_do_not_keep_schedules_from_firing(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.metric("Broken"), runs.READ_ONLY)
    with world.database.write() as session:
        session.execute(update(Run).where(Run.id == started.run_id).values(notify="no such word"))
        session.execute(update(Result).values(state="done", outcome="failed"))
    schedule = scheduled(world)
    due_for(world, schedule, timedelta(minutes=5))
    assert scheduler_of(world).enqueue_jobs() == [schedule]
    assert len(runs_of(world, schedule)) == 1
