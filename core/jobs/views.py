"""A job as people and programs see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.db import Database
from core.errors import NotFound
from core.models import Job

FEWEST_CALLS_TO_TELL = 5


@dataclass(frozen=True, slots=True)
class JobView:
    """How far a job is. `status`: queued, running, finished, failed or cancelled."""

    id: int
    kind: str
    subject_id: int
    status: str
    stage: str
    calls_done: int
    calls_expected: int
    error: str
    cancel_requested: bool
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def final(self) -> bool:
        return self.status in ("finished", "failed", "cancelled")


def view(database: Database, job_id: int) -> JobView:
    """How a job stands. Raises NotFound."""
    with database.read() as session:
        job = session.get(Job, job_id)
        if job is None:
            raise NotFound("job", job_id)
        return view_of(job)


def view_of(job: Job) -> JobView:
    return JobView(
        id=job.id,
        kind=job.kind,
        subject_id=job.subject_id,
        status=job.status,
        stage=job.stage,
        calls_done=job.calls_done,
        calls_expected=job.calls_expected,
        error=job.error,
        cancel_requested=job.cancel_requested_at is not None,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def seconds_left(calls_done: int, calls_expected: int, elapsed_seconds: float) -> float | None:
    """How long the calls still expected take at the pace so far; None before a pace can be told."""
    if calls_done < FEWEST_CALLS_TO_TELL or elapsed_seconds <= 0:
        return None
    return max(0, calls_expected - calls_done) * elapsed_seconds / calls_done
