"""rq-scheduler as it comes, with as many cron jobs: what Plumbline's scheduler is measured beside."""

from __future__ import annotations

from datetime import datetime

from redis import Redis
from rq_scheduler import Scheduler

QUEUE = "rq:queue:default"


def nothing() -> None:
    """What the jobs would do if a worker took them."""


def register(connection: Redis, schedules: int) -> Scheduler:
    """A scheduler with weekly cron jobs, the way its documentation registers them."""
    scheduler = Scheduler(connection=connection, interval=1)
    for n in range(schedules):
        scheduler.cron(f"{n % 60} {n // 60 % 24} * * {n % 7}", func=nothing)
    # Some of them may be due within the minute in which this measures.
    names = [name for name, _ in connection.zscan_iter(scheduler.scheduled_jobs_key)]
    connection.zadd(scheduler.scheduled_jobs_key, dict.fromkeys(names, datetime.now().timestamp() + 86_400))  # noqa: DTZ005
    return scheduler


def make_due(connection: Redis, scheduler: Scheduler, count: int, at: datetime) -> None:
    names = connection.zrange(scheduler.scheduled_jobs_key, 0, count - 1)
    connection.zadd(scheduler.scheduled_jobs_key, dict.fromkeys(names, at.timestamp()))
