"""Wake-ups: every queued job has one waiting, however often Redis forgets, and never two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis import Redis
from rq import Worker
from rq.job import Job as RQJob
from rq.serializers import JSONSerializer
from sqlalchemy import select, update

from core import jobs, queue
from core.db import Database, database_now
from core.models import Job
from tests.servers import RedisServer


@pytest.fixture
def redis(redis_url: str) -> Redis:
    return queue.connect(redis_url)


def queued(database: Database, count: int) -> list[int]:
    with database.write() as session:
        made = [jobs.add(session, "evaluate", number) for number in range(count)]
    return [job_id for job_id in made if job_id is not None]


def half_a_minute_passes(database: Database) -> None:
    with database.write() as session:
        for job in session.scalars(select(Job).where(Job.enqueued_at.is_not(None))):
            assert job.enqueued_at is not None
            job.enqueued_at -= timedelta(seconds=31)


def waiting(redis: Redis) -> list[str]:
    return queue.queue(redis).get_job_ids()


def take(redis: Redis) -> RQJob:
    """What a worker does first: the wake-up leaves the queue and its hash stays."""
    taken = queue.queue(redis).dequeue_any(
        [queue.queue(redis)], None, connection=redis, serializer=JSONSerializer
    )
    assert taken is not None
    return taken[0]


def test_a_job_is_pushed_at_once_and_not_again_while_its_wake_up_is_fresh(
    database: Database, redis: Redis
) -> None:
    made = queued(database, 3)
    assert jobs.push_now(database, redis, made)
    assert waiting(redis) == [f"job-{job_id}-0" for job_id in made]
    assert jobs.push_waiting(database, redis) == 0


def test_after_redis_was_emptied_every_queued_job_is_pushed_again(
    database: Database, redis: Redis, redis_server: RedisServer
) -> None:
    made = queued(database, 5)
    jobs.push_now(database, redis, made)
    redis_server.flush()
    half_a_minute_passes(database)
    assert jobs.push_waiting(database, redis) == 5
    assert waiting(redis) == [f"job-{job_id}-0" for job_id in made]


def test_pushing_again_and_again_behind_a_busy_worker_piles_nothing_up(
    database: Database, redis: Redis
) -> None:
    queued(database, 4)
    for _ in range(5):
        jobs.push_waiting(database, redis)
        half_a_minute_passes(database)
    assert len(waiting(redis)) == 4


def test_a_wake_up_that_a_dying_worker_took_with_it_is_replaced(database: Database, redis: Redis) -> None:
    [job_id] = queued(database, 1)
    jobs.push_now(database, redis, [job_id])
    take(redis)
    assert waiting(redis) == []

    half_a_minute_passes(database)
    jobs.push_waiting(database, redis)

    assert waiting(redis) == [f"job-{job_id}-0"]
    assert redis.lrange(queue.queue(redis).intermediate_queue_key, 0, -1) == []


def test_a_wake_up_whose_worker_died_before_it_claimed_the_job_is_replaced(
    database: Database, redis: Redis
) -> None:
    [job_id] = queued(database, 1)
    jobs.push_now(database, redis, [job_id])
    worker = Worker([queue.queue(redis)], connection=redis, serializer=JSONSerializer)
    taken = take(redis)
    worker.prepare_execution(taken)
    worker.prepare_job_execution(taken, remove_from_intermediate_queue=True)

    half_a_minute_passes(database)
    jobs.push_waiting(database, redis)

    assert waiting(redis) == [f"job-{job_id}-0"]


def test_each_attempt_has_a_wake_up_of_its_own(database: Database, redis: Redis) -> None:
    [job_id] = queued(database, 1)
    jobs.push_now(database, redis, [job_id])
    jobs.claim(database, job_id)
    with database.write() as session:
        session.execute(update(Job).values(heartbeat_at=database_now(session) - timedelta(hours=1)))
    jobs.expire_leases(database, 20.0)
    jobs.push_waiting(database, redis)
    assert waiting(redis) == [f"job-{job_id}-0", f"job-{job_id}-1"]


def test_only_jobs_that_are_queued_and_due_are_pushed(database: Database, redis: Redis) -> None:
    running, later, due = queued(database, 3)
    jobs.claim(database, running)
    with database.write() as session:
        in_an_hour = database_now(session) + timedelta(hours=1)
        session.execute(update(Job).where(Job.id == later).values(not_before=in_an_hour))
    assert jobs.push_waiting(database, redis) == 1
    assert waiting(redis) == [f"job-{due}-0"]


def test_without_redis_a_job_waits_and_is_pushed_when_it_is_back(
    database: Database, own_redis: RedisServer
) -> None:
    connection = queue.connect(own_redis.url)
    own_redis.kill()
    [job_id] = queued(database, 1)
    assert not jobs.push_now(database, connection, [job_id])
    assert jobs.push_waiting(database, connection) == 1

    own_redis.start()
    assert jobs.push_waiting(database, connection) == 1
    assert waiting(connection) == [f"job-{job_id}-0"]
