"""Carry wake-ups from the database to Redis, as often as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from redis import Redis
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core import queue
from core.db import Database, database_now
from core.models import Job

PUSH_AGAIN = timedelta(seconds=30)
BATCH = 1000


def push_now(database: Database, connection: Redis, job_ids: Sequence[int]) -> bool:
    """Wake workers for these jobs, right after the commit that made them; False when Redis is away."""
    if not job_ids:
        return True
    with database.read() as session:
        waiting = _waiting(session, Job.id.in_(list(job_ids)))
    return _push(database, connection, waiting)


def push_waiting(database: Database, connection: Redis) -> int:
    """Wake workers for every queued job whose last push is over 30 s old, whether it arrived or not.

    A worker may have died between taking the wake-up and claiming the job. A push that lies ahead was
    written before the database's clock was set back, and counts as old.
    """
    with database.read() as session:
        now = database_now(session)
        fresh = Job.enqueued_at.between(now - PUSH_AGAIN, now)
        waiting = _waiting(session, or_(Job.enqueued_at.is_(None), ~fresh))
    _push(database, connection, waiting)
    return len(waiting)


def forget_wakes(database: Database) -> None:
    """Redis was emptied: of no queued job is it known any more that a wake-up waits for it."""
    with database.write() as session:
        session.execute(
            update(Job).where(Job.status == "queued", Job.enqueued_at.is_not(None)).values(enqueued_at=None)
        )


def _waiting(session: Session, condition: object) -> list[tuple[int, int]]:
    now = database_now(session)
    rows = session.execute(
        select(Job.id, Job.attempt)
        .where(Job.status == "queued", or_(Job.not_before.is_(None), Job.not_before <= now), condition)  # type: ignore[arg-type]
        .order_by(Job.id)
        .limit(BATCH)
    )
    return [(row.id, row.attempt) for row in rows]


def _push(database: Database, connection: Redis, waiting: Sequence[tuple[int, int]]) -> bool:
    pushed = queue.push_all(connection, waiting)
    if pushed:
        with database.write() as session:
            session.execute(
                update(Job)
                .where(Job.id.in_(pushed), Job.status == "queued")
                .values(enqueued_at=database_now(session))
            )
    return len(pushed) == len(waiting)
