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
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq_scheduler import Scheduler
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from core import health, jobs, queue, schedules
from core.jobs.workplace import Workplace
from core.work import reconcile

log = structlog.get_logger()

INTERVAL_SECONDS = 1
LOCK_SECONDS = 10
RECONCILE_SECONDS = 5.0
REFILL_SECONDS = 60.0
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 10.0

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

    def __init__(self, place: Workplace, connection: Redis) -> None:
        super().__init__(
            queue_name=queue.QUEUE,
            connection=connection,
            interval=INTERVAL_SECONDS,
            job_class=queue.JSONJob,
        )
        self.place = place
        self.token = uuid4().hex
        self.process_name = process_name()
        self.started_at = datetime.now(UTC)
        self._reconciled_at = self._refilled_at = float("-inf")

    def acquire_lock(self) -> bool:
        """Take the lock with our token; a killed holder blocks others for at most 10 s."""
        self._lock_acquired = bool(
            self.connection.set(self.scheduler_lock_key, self.token, ex=LOCK_SECONDS, nx=True)
        )
        if not self._lock_acquired:
            self._beat()
        return self._lock_acquired

    def renew_lock(self) -> None:
        self.connection.eval(RENEW, 1, self.scheduler_lock_key, self.token, LOCK_SECONDS)

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
        due = self._due_entries()
        if time.monotonic() - self._reconciled_at >= RECONCILE_SECONDS:
            due |= set(schedules.due_schedules(self.place.database))
            self._look_after_jobs()
        for schedule_id in sorted(due):
            self._fire(schedule_id)
        return sorted(due)

    def _look_after_jobs(self) -> None:
        reconcile(self.place, self.connection)
        self._beat()
        if time.monotonic() - self._refilled_at >= REFILL_SECONDS:
            self._refill(schedules.next_fires_of_all(self.place.database))
            self._refilled_at = time.monotonic()
        self._reconciled_at = time.monotonic()

    def _due_entries(self) -> set[int]:
        names = self.connection.zrangebyscore(self.scheduled_jobs_key, 0, time.time())
        named = {name: queue.schedule_of(name.decode("utf-8", "replace")) for name in names}
        for name in (name for name, schedule_id in named.items() if schedule_id is None):
            self.connection.zrem(self.scheduled_jobs_key, name)
        return {schedule_id for schedule_id in named.values() if schedule_id is not None}

    def _fire(self, schedule_id: int) -> None:
        """Fire one schedule. One that cannot be fired must not keep the others from it: it is logged, and
        tried again with the next look into the database."""
        try:
            fired = schedules.fire(self.place.database, schedule_id, self.place.settings.grace_seconds)
        except (RedisError, OperationalError):
            raise
        except Exception:
            log.exception("schedule could not be fired", schedule=schedule_id)
            queue.announce_fire(self.connection, schedule_id, None)
            return
        queue.announce_fire(self.connection, schedule_id, fired.next_fire_at)
        if fired.job_ids:
            log.info("schedule fired", schedule=schedule_id, jobs=len(fired.job_ids))
            jobs.push_now(self.place.database, self.connection, fired.job_ids)
        self.renew_lock()

    def _refill(self, fires: Iterable[tuple[int, datetime]]) -> None:
        """Put every live schedule's next fire into the sorted set: Redis may have been emptied."""
        entries = {queue.schedule_entry(schedule_id): at.timestamp() for schedule_id, at in fires}
        if entries:
            self.connection.zadd(self.scheduled_jobs_key, entries)

    def _beat(self) -> None:
        health.beat(self.place.database, self.process_name, "scheduler", self.started_at, {})


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
    pause = FIRST_BACKOFF_SECONDS
    while True:
        scheduler = DatabaseScheduler(place, connection)
        began = time.monotonic()
        try:
            scheduler.run()
            return
        except (RedisError, OperationalError) as error:
            log.warning("waiting for Redis or the database", cause=type(error).__name__)
        if time.monotonic() - began > LONGEST_BACKOFF_SECONDS:
            pause = FIRST_BACKOFF_SECONDS
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_BACKOFF_SECONDS)
