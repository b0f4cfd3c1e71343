"""Redis: the wake-ups. Nothing here is needed to know what must be done; the database says that."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job as RQJob
from rq.serializers import JSONSerializer

QUEUE = "plumbline"
WORK = "worker.tasks.work"
NO_TIMEOUT = -1
"""RQ's own deadline is an alarm signal that may strike inside a commit; ours are cooperative."""
KEPT_SECONDS = 300
SCHEDULES = "plumbline:schedules"
"""The sorted set of `sched-<id>` by next fire, in Unix seconds. A name of our own: rq-scheduler's tools
delete entries they know no job of."""
ENTRY = re.compile(r"sched-([0-9]{1,18})")


@lru_cache(maxsize=8)
def connect(url: str) -> Redis:
    """A connection that gives up within seconds: callers go on without Redis, the database remembers."""
    return Redis.from_url(
        url,
        socket_connect_timeout=2,
        socket_timeout=30,
        health_check_interval=15,
        retry=Retry(ExponentialBackoff(cap=1, base=0.05), retries=2),
    )


def queue(connection: Redis) -> Queue:
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer, default_timeout=NO_TIMEOUT)


def push(connection: Redis, job_id: int, attempt: int) -> bool:
    """Wake a worker for a job; False when Redis is away (reconciling pushes again later).

    The RQ job's id is `<job>-<attempt>`: while that wake-up waits in the queue, pushing again adds none.
    One that was taken and came to nothing (its worker died before it claimed the job) is replaced.
    """
    name = f"job-{job_id}-{attempt}"
    try:
        _enqueue(connection, job_id, name)
    except DuplicateJobError:
        return _replace_spent(connection, job_id, name)
    except RedisError:
        return False
    return True


def _enqueue(connection: Redis, job_id: int, name: str) -> None:
    queue(connection).enqueue(
        WORK, args=(job_id,), job_id=name, unique=True, result_ttl=0, failure_ttl=KEPT_SECONDS
    )


def _replace_spent(connection: Redis, job_id: int, name: str) -> bool:
    """Where the wake-up waits is what counts: its status says “queued” for one that a worker took with
    it into death, too, and RQ itself puts that right after ten minutes at the earliest."""
    waiting = queue(connection)
    try:
        if waiting.get_job_position(name) is None:
            connection.lrem(waiting.intermediate_queue_key, 0, name)
            with suppress(NoSuchJobError):
                RQJob.fetch(name, connection=connection, serializer=JSONSerializer).delete()
            _enqueue(connection, job_id, name)
    except DuplicateJobError:
        return True  # somebody else replaced it at the same moment
    except RedisError:
        return False
    return True


def announce_fire(connection: Redis, schedule_id: int, at: datetime | None) -> bool:
    """Put a schedule's next fire into the sorted set, or take it out; False when Redis is away."""
    entry = schedule_entry(schedule_id)
    try:
        if at is None:
            connection.zrem(SCHEDULES, entry)
        else:
            connection.zadd(SCHEDULES, {entry: at.timestamp()})
    except RedisError:
        return False
    return True


def schedule_entry(schedule_id: int) -> str:
    return f"sched-{schedule_id}"


def schedule_of(entry: str) -> int | None:
    """The schedule an entry names, None where it names none."""
    found = ENTRY.fullmatch(entry)
    return int(found[1]) if found else None


def answers(url: str) -> bool:
    """Whether Redis is there, asked once: a page that says so must not wait for a second try."""
    once = Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=1, retry=Retry(NoBackoff(), retries=0)
    )
    try:
        return bool(once.ping())
    except RedisError:
        return False
    finally:
        once.close()


class JSONJob(RQJob):
    """An RQ job whose arguments are JSON, for the parts of rq-scheduler that know no serializer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["serializer"] = JSONSerializer
        super().__init__(*args, **kwargs)
