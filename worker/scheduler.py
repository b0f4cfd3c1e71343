"""rq-scheduler's loop, lock and sorted set, with the database as the truth.

Not its `cron()`: that evaluates in the host's zone, and a crash between taking an entry and putting the
next one back loses the schedule for ever. Here the sorted set holds `sched-<id>` scored by the next
fire; what a fire does is one database transaction (`core.schedules.fire`), so an entry that is handled
twice, or a Redis that is emptied, changes nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq_scheduler import Scheduler
from sqlalchemy.exc import SQLAlchemyError

from core import health, jobs, queue, schedules
from core.db import database_now
from core.jobs.workplace import Workplace
from core.work import reconcile
from worker.waiting import LONGEST_SECONDS, is_away, pauses

log = structlog.get_logger()

INTERVAL_SECONDS = 1
LOCK_SECONDS = 10
RECONCILE_SECONDS = 5.0
BEAT_SECONDS = 4.0
REFILL_SECONDS = 600.0
"""An emptied Redis is noticed at once, and what is due is looked for every few seconds: this is for entries
that a page could not announce, which fire a little late until then."""

RELEASE = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""
"""Delete the lock only if it is still ours: it may have run out and be another scheduler's by now."""

RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire', KEYS[1], ARGV[2]) end
return 0
"""


class DatabaseScheduler(Scheduler):  # type: ignore[misc]
    """Fires schedules and reconciles jobs; several may run, one holds the lock at a time."""

    scheduler_key = "plumbline:scheduler"
    scheduler_lock_key = "plumbline:scheduler_lock"
    scheduled_jobs_key = queue.SCHEDULES
    redis_scheduler_namespace_prefix = "plumbline:scheduler_instance:"
    fired_together = 100
    """Schedules that share a transaction: enough to be quick, and over before anybody has waited long."""

    def __init__(self, place: Workplace, connection: Redis) -> None:
        super().__init__(
            queue_name=queue.QUEUE,
            connection=connection,
            interval=INTERVAL_SECONDS,
            job_class=queue.JSONJob,
        )
        self.place = place
        self.process_name = process_name()
        self.token = f"{self.process_name}-{uuid4().hex}"
        self.started_at = datetime.now(UTC)
        self._reconciled_at = self._refilled_at = self._beaten_at = float("-inf")

    def run(self, burst: bool = False) -> None:
        """A tick each second until told to stop.

        rq-scheduler's own loop measures its tick by the wall clock: one that is set back by an hour in
        the middle of a tick lets it sleep for an hour.
        """
        self.register_birth()
        self._install_signal_handlers()
        try:
            while True:
                began = time.monotonic()
                self._tick()
                if burst:
                    return
                time.sleep(max(0.0, INTERVAL_SECONDS - (time.monotonic() - began)))
        finally:
            self.remove_lock()
            self.register_death()

    def _tick(self) -> None:
        self.heartbeat()
        if self.acquire_lock():
            self.enqueue_jobs()
            self.remove_lock()

    def acquire_lock(self) -> bool:
        """Take the lock with our token; a killed holder blocks others for at most 10 s."""
        self._lock_acquired = bool(
            self.connection.set(self.scheduler_lock_key, self.token, ex=LOCK_SECONDS, nx=True)
        )
        if not self._lock_acquired:
            self._beat()
        return self._lock_acquired

    def renew_lock(self) -> None:
        """Have the whole time again. Who finds that the lock is no longer theirs no longer holds it."""
        if not self.connection.eval(RENEW, 1, self.scheduler_lock_key, self.token, LOCK_SECONDS):
            self._lock_acquired = False

    def remove_lock(self) -> None:
        if self._lock_acquired:
            self._lock_acquired = False
            with suppress(RedisError):  # it runs out by itself
                self.connection.eval(RELEASE, 1, self.scheduler_lock_key, self.token)

    def register_death(self) -> None:
        """Redis forgets a dead scheduler by itself; one that is told to stop while Redis is away stops."""
        with suppress(RedisError):
            super().register_death()

    def enqueue_jobs(self) -> list[int]:
        """One tick: fire what is due; every few seconds also look whether anything was forgotten."""
        self._notice_an_emptied_redis()
        due = self._due_entries()
        if time.monotonic() - self._reconciled_at >= RECONCILE_SECONDS:
            due |= set(schedules.due_schedules(self.place.database))
            self._look_after_jobs()
        return self._fire_all(sorted(due))

    def _fire_all(self, due: list[int]) -> list[int]:
        """Fire some after the other; a scheduler whose lock ran out leaves the rest to the next holder."""
        held = self._lock_acquired
        for start in range(0, len(due), self.fired_together):
            together = due[start : start + self.fired_together]
            self._fire(together)
            self.renew_lock()
            done = start + len(together)
            if held and not self._lock_acquired:
                log.warning("the lock was lost in the middle of a tick", left=len(due) - done)
                return due[:done]
        return due

    def _notice_an_emptied_redis(self) -> None:
        """Fill it again at once: what it was told before, of fires and of jobs, is gone.

        It is marked before it is filled, so that one that is emptied again meanwhile is noticed, too.
        """
        if queue.is_marked(self.connection):
            return
        log.info("Redis is empty; telling it again what waits")
        jobs.forget_wakes(self.place.database)
        queue.mark(self.connection)
        self._reconciled_at = self._refilled_at = float("-inf")

    def _look_after_jobs(self) -> None:
        self._unless_unexpected("jobs could not be looked after", self._reconcile)
        self._beat()
        if time.monotonic() - self._refilled_at >= REFILL_SECONDS:
            self._refill(schedules.next_fires_of_all(self.place.database))
            self._refilled_at = time.monotonic()
        self._reconciled_at = time.monotonic()

    def _reconcile(self) -> None:
        reconcile(self.place, self.connection)

    def _due_entries(self) -> set[int]:
        names = self.connection.zrangebyscore(self.scheduled_jobs_key, 0, self._now())
        named = {name: queue.schedule_of(name.decode("utf-8", "replace")) for name in names}
        for name in (name for name, schedule_id in named.items() if schedule_id is None):
            self.connection.zrem(self.scheduled_jobs_key, name)
        return {schedule_id for schedule_id in named.values() if schedule_id is not None}

    def _now(self) -> float:
        """Unix seconds by the database's clock, which is also the one that says whether a fire is due."""
        with self.place.database.read() as session:
            return database_now(session).timestamp()

    def _fire(self, schedule_ids: list[int]) -> None:
        """Fire schedules together. One that cannot be fired must not keep the others from it: then each
        is fired by itself, and the one is logged and tried again with the next look into the database."""
        fire = partial(self._fire_and_tell, schedule_ids)
        if len(schedule_ids) > 1:
            if not self._unless_unexpected("schedules could not be fired together", fire):
                for schedule_id in schedule_ids:
                    self._fire([schedule_id])
        elif not self._unless_unexpected("schedule could not be fired", fire, schedule=schedule_ids[0]):
            queue.announce_fire(self.connection, schedule_ids[0], None)

    def _fire_and_tell(self, schedule_ids: list[int]) -> None:
        fired = schedules.fire_all(self.place.database, schedule_ids, self.place.settings.grace_seconds)
        queue.announce_fires(self.connection, {each: done.next_fire_at for each, done in fired.items()})
        job_ids = [job_id for done in fired.values() for job_id in done.job_ids]
        if job_ids:
            log.info("schedules fired", schedules=schedule_ids, jobs=len(job_ids))
            jobs.push_now(self.place.database, self.connection, job_ids)

    def _unless_unexpected(self, complaint: str, act: Callable[[], None], **about: int) -> bool:
        """Do it; an error nobody expected is logged and answered with False, so that it stops nothing
        else. That Redis or the database is away concerns everything, and is raised."""
        try:
            act()
        except Exception as error:
            if is_away(error):
                raise
            log.exception(complaint, **about)
            return False
        return True

    def _refill(self, fires: Iterable[tuple[int, datetime]]) -> None:
        """Put every live schedule's next fire into the sorted set: Redis may have been emptied."""
        entries = {queue.schedule_entry(schedule_id): at.timestamp() for schedule_id, at in fires}
        if entries:
            self.connection.zadd(self.scheduled_jobs_key, entries)

    def _beat(self) -> None:
        if time.monotonic() - self._beaten_at >= BEAT_SECONDS:
            health.beat(self.place.database, self.process_name, "scheduler", self.started_at, {})
            self._beaten_at = time.monotonic()


def run_scheduler(place: Workplace, connection: Redis) -> None:
    """Run until told to stop; a Redis or database that goes away is waited for, with growing pauses."""
    logging.getLogger("rq_scheduler").setLevel(logging.ERROR)  # it would tell of each turn another one has
    try:
        _run_until_told(place, connection)
    finally:
        with suppress(SQLAlchemyError):
            health.forget(place.database, process_name())


def process_name() -> str:
    return f"scheduler-{socket.gethostname()}-{os.getpid()}"


def _run_until_told(place: Workplace, connection: Redis) -> None:
    waits = pauses()
    while True:
        scheduler = DatabaseScheduler(place, connection)
        began = time.monotonic()
        try:
            scheduler.run()
            return
        except (RedisError, SQLAlchemyError) as error:
            log.warning("waiting for Redis or the database", cause=type(error).__name__)
        if time.monotonic() - began > LONGEST_SECONDS:
            waits = pauses()
        time.sleep(next(waits))
