"""The statements that make a job dependable: add, claim, beat, hold, defer, finish, expire.

*Mine* is a conditional UPDATE that names the token. A worker that was thought dead and comes back
finds that its token no longer matches, and writes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, update
from sqlalchemy.orm import Session

from core.db import Database, database_now, insert_new, insert_once
from core.errors import LeaseLost
from core.models import Job

MAX_ATTEMPTS = 3
"""A job whose workers died so often is not started again: it would kill the next one too."""


class Attempts(Enum):
    """What becomes of the attempts that a deferred job has spent."""

    SPENT = "spent"
    THIS_BACK = "this one given back"
    ALL_BACK = "all given back"


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker, and nobody else, works on."""

    job_id: int
    token: str
    kind: str
    subject_id: int
    attempt: int
    project_id: int | None
    payload: Mapping[str, Any]
    cancel_requested: bool = False
    """Whether it was cancelled before this attempt began."""

    @property
    def hopeless(self) -> bool:
        """Whether all attempts were used up by workers that died."""
        return self.attempt > MAX_ATTEMPTS


def add(
    session: Session,
    kind: str,
    subject_id: int,
    *,
    project_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
    dedupe_key: str | None = None,
    not_before: datetime | None = None,
) -> int | None:
    """Insert a queued job; its id, or None when a job with this dedupe key is there already."""
    values = _queued(kind, subject_id, project_id) | {
        "payload": dict(payload or {}),
        "dedupe_key": dedupe_key,
        "not_before": not_before,
    }
    found: int | None = insert_once(session, Job, values, Job.id)
    return found


def add_all(session: Session, kind: str, projects: Mapping[int, int]) -> dict[int, int]:
    """Insert a queued job for each subject, given with its project; the ids of the new jobs by subject.

    Each has the dedupe key `<kind>-<subject>`.
    """
    rows = [
        _queued(kind, subject_id, project_id) | {"payload": {}, "dedupe_key": f"{kind}-{subject_id}"}
        for subject_id, project_id in projects.items()
    ]
    new = insert_new(session, Job, rows, Job.id, Job.subject_id)
    return {row.subject_id: row.id for row in new}


def claim(database: Database, job_id: int) -> Claim | None:
    """Take a queued job that is due; None when somebody else has it or it is done."""
    token = uuid4().hex
    with database.write() as session:
        now = database_now(session)
        taken = session.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == "queued", _due(now))
            .values(
                status="running",
                token=token,
                attempt=Job.attempt + 1,
                heartbeat_at=now,
                started_at=now,
                error="",
            )
            .returning(
                Job.kind,
                Job.subject_id,
                Job.attempt,
                Job.project_id,
                Job.payload,
                Job.cancel_requested_at,
            )
        ).one_or_none()
    if taken is None:
        return None
    # SQLite 3.40 finds “IS NOT NULL” true in a RETURNING whatever the column holds: hence asked here.
    cancel_requested = taken.cancel_requested_at is not None
    return Claim(
        job_id,
        token,
        taken.kind,
        taken.subject_id,
        taken.attempt,
        taken.project_id,
        taken.payload,
        cancel_requested,
    )


def beat(database: Database, mine: Claim, stage: str, done: int, expected: int) -> bool:
    """Heartbeat and progress in one write; whether somebody asked to cancel. Raises LeaseLost."""
    with database.write() as session:
        row = session.execute(
            _mine(mine)
            .values(
                heartbeat_at=database_now(session),
                stage=stage,
                calls_done=done,
                calls_expected=expected,
            )
            .returning(Job.cancel_requested_at)
        ).one_or_none()
    if row is None:
        raise LeaseLost("Another worker has taken this job over.")
    return row.cancel_requested_at is not None


def hold(session: Session, mine: Claim) -> bool:
    """Keep the job until the transaction ends; whether somebody asked to cancel. Raises LeaseLost.

    Whoever wants to cancel it or to take it over waits that long, so what is written under a held job
    is never written by two, nor after a cancel that was in time.
    """
    query = select(Job.cancel_requested_at).where(*_is_mine(mine)).with_for_update(key_share=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise LeaseLost("Another worker has taken this job over.")
    return row.cancel_requested_at is not None


def finish(session: Session, mine: Claim, status: str, error: str = "") -> None:
    """Close the job in the transaction that records what it did. Raises LeaseLost."""
    _only_mine(
        session.execute(
            _mine(mine).values(
                status=status, token=None, error=error, stage="", finished_at=database_now(session)
            )
        )
    )


def defer(session: Session, mine: Claim, seconds: float, attempts: Attempts = Attempts.THIS_BACK) -> None:
    """Put the job back in the queue for later."""
    later = database_now(session) + timedelta(seconds=seconds)
    counted = {Attempts.SPENT: Job.attempt, Attempts.THIS_BACK: Job.attempt - 1, Attempts.ALL_BACK: 0}
    _only_mine(
        session.execute(
            _mine(mine).values(
                status="queued", token=None, not_before=later, enqueued_at=None, attempt=counted[attempts]
            )
        )
    )


def wake_now(session: Session, *conditions: ColumnElement[bool]) -> list[int]:
    """Let queued jobs that wait for a later moment start at once; their ids.

    A job that somebody else is changing right now is passed over: waiting for it while holding others
    could deadlock, and it looks again by itself.
    """
    asleep = select(Job.id).where(Job.status == "queued", Job.not_before.is_not(None), *conditions)
    ids = list(session.scalars(asleep.with_for_update(skip_locked=True, key_share=True)))
    if ids:
        session.execute(update(Job).where(Job.id.in_(ids)).values(not_before=None, enqueued_at=None))
    return ids


def request_cancel(session: Session, job_id: int) -> bool:
    """Ask for cancelling; the worker reads it with its next heartbeat. False when the job is closed."""
    asked_at = func.coalesce(Job.cancel_requested_at, database_now(session))
    asked = session.scalar(
        update(Job)
        .where(Job.id == job_id, Job.status.in_(("queued", "running")))
        .values(cancel_requested_at=asked_at)
        .returning(Job.id)
    )
    return asked is not None


def expire_leases(database: Database, lease_seconds: float) -> list[int]:
    """Queue again every running job whose worker has gone silent; their ids.

    A heartbeat that lies ahead by more than a lease was written before the database's clock was set
    back: its worker, if it lives, beats again within a second.
    """
    lease = timedelta(seconds=lease_seconds)
    with database.read() as session:
        now = database_now(session)
        silent = (Job.status == "running", ~Job.heartbeat_at.between(now - lease, now + lease))
        if session.scalar(select(Job.id).where(*silent).limit(1)) is None:
            return []
    with database.write() as session:
        return list(
            session.scalars(
                update(Job)
                .where(*silent)
                .values(status="queued", token=None, enqueued_at=None, not_before=None)
                .returning(Job.id)
            )
        )


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(Job.not_before.is_(None), Job.not_before <= now)


def _is_mine(mine: Claim) -> tuple[ColumnElement[bool], ...]:
    return (Job.id == mine.job_id, Job.token == mine.token, Job.status == "running")


def _mine(mine: Claim) -> Any:
    return update(Job).where(*_is_mine(mine))


def _only_mine(result: Any) -> None:
    assert isinstance(result, CursorResult)  # an UPDATE always answers with one
    if result.rowcount != 1:
        raise LeaseLost("Another worker has taken this job over.")


def _queued(kind: str, subject_id: int, project_id: int | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "subject_id": subject_id,
        "project_id": project_id,
        "status": "queued",
        "attempt": 0,
        "stage": "",
        "calls_done": 0,
        "calls_expected": 0,
        "error": "",
    }
