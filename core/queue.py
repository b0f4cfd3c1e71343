"""Redis: the wake-ups. Nothing here is needed to know what must be done; the database says that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job as RQJob
from rq.job import JobStatus
from rq.scripts import get_unique_enqueue_script
from rq.serializers import JSONSerializer

QUEUE = "plumbline"
WORK = "worker.tasks.work"
NO_TIMEOUT = -1
"""RQ's own deadline is an alarm signal that may strike inside a commit; ours are cooperative."""
KEPT_SECONDS = 300
SCHEDULES = "plumbline:schedules"
"""The sorted set of `sched-<id>` by next fire, in Unix seconds. A name of our own: rq-scheduler's tools
delete entries they know no job of."""
MARK = "plumbline:mark"
"""There as long as Redis was not emptied since a scheduler last filled it from the database."""
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


def push_all(connection: Redis, wakes: Sequence[tuple[int, int]]) -> list[int]:
    """Wake workers for jobs, given as id and attempt; the ids of those for whom a wake-up waits now.

    The others are pushed by a later reconciling: Redis is away. The RQ job's id is `<job>-<attempt>`:
    while that wake-up waits in the queue, pushing again adds none. One that was taken and came to
    nothing (its worker died before it claimed the job) is replaced.
    """
    names = {f"job-{job_id}-{attempt}": job_id for job_id, attempt in wakes}
    try:
        added = _enqueue(connection, names)
    except RedisError:
        return []
    there = [name for name in names if added[name] or _replace_spent(connection, names[name], name)]
    return [names[name] for name in there]


def _enqueue(connection: Redis, names: Mapping[str, int]) -> dict[str, bool]:
    """Whether each wake-up is new: RQ's own script adds none whose name is known, here in one round trip."""
    waiting = queue(connection)
    script = get_unique_enqueue_script(connection)  # type: ignore[no-untyped-call]
    with connection.pipeline(transaction=False) as telling:
        telling.sadd(Queue.redis_queues_keys, waiting.key)
        for name, job_id in names.items():
            made = _wake_up(waiting, name, job_id)
            fields = [part for pair in made.to_dict().items() if pair[1] is not None for part in pair]
            script(keys=[made.key, waiting.key], args=[name, "R", -1, *fields], client=telling)
        return dict(zip(names, map(bool, telling.execute()[1:]), strict=True))


def _wake_up(waiting: Queue, name: str, job_id: int) -> RQJob:
    made = waiting.create_job(
        WORK,
        args=(job_id,),
        job_id=name,
        timeout=NO_TIMEOUT,
        result_ttl=0,
        failure_ttl=KEPT_SECONDS,
        status=JobStatus.QUEUED,
    )
    made.origin, made.enqueued_at = waiting.name, datetime.now(UTC)
    return made


def _replace_spent(connection: Redis, job_id: int, name: str) -> bool:
    """Where the wake-up waits is what counts: its status says “queued” for one that a worker took with
    it into death, too, and RQ itself puts that right after ten minutes at the earliest."""
    waiting = queue(connection)
    try:
        if waiting.get_job_position(name) is None:
            connection.lrem(waiting.intermediate_queue_key, 0, name)
            with suppress(NoSuchJobError):
                RQJob.fetch(name, connection=connection, serializer=JSONSerializer).delete()
            _enqueue(connection, {name: job_id})
    except RedisError:
        return False
    return True


def announce_fire(connection: Redis, schedule_id: int, at: datetime | None) -> bool:
    """Put a schedule's next fire into the sorted set, or take it out; False when Redis is away."""
    return announce_fires(connection, {schedule_id: at})


def announce_fires(connection: Redis, fires: Mapping[int, datetime | None]) -> bool:
    """The same for several schedules, in one round trip."""
    entries = {schedule_entry(schedule_id): at for schedule_id, at in fires.items()}
    coming = {entry: at.timestamp() for entry, at in entries.items() if at is not None}
    over = [entry for entry, at in entries.items() if at is None]
    try:
        with connection.pipeline() as telling:
            if coming:
                telling.zadd(SCHEDULES, coming)
            if over:
                telling.zrem(SCHEDULES, *over)
            telling.execute()
    except RedisError:
        return False
    return True


def is_marked(connection: Redis) -> bool:
    """False after Redis was emptied. Raises RedisError."""
    return bool(connection.exists(MARK))


def mark(connection: Redis) -> None:
    """From here on it would show that Redis was emptied. Raises RedisError."""
    connection.set(MARK, 1)


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
