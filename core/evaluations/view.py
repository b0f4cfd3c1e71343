"""How the newest evaluation of a metric's Lab stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import jobs
from core.db import Database, database_now
from core.jobs import JobView
from core.metrics import find_for
from core.models import Job, Metric, MetricReview
from core.terms import Actor, Role

SOME_CALLS = 5
"""Fewer say nothing about how fast it goes."""


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """The newest evaluation of a metric's Lab, if there was one.

    `outdated` counts verdicts given by another version than the live one. `waits_seconds` is how long
    no worker has taken the job, None unless it is queued; `seconds_left` about how long it will go on,
    None while that can't be told.
    """

    job: JobView | None
    outdated: int
    waits_seconds: float | None
    seconds_left: float | None = None

    @property
    def going(self) -> bool:
        return self.job is not None and not self.job.final


def state(database: Database, actor: Actor, metric_id: int) -> EvaluationState:
    """The newest evaluation of a metric, and how fresh its verdicts are. Raises NotFound, NotAllowed."""
    newest = select(Job).where(Job.kind == "evaluate", Job.subject_id == metric_id)
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see labels")
        outdated = _outdated(session, metric)
        job = session.scalar(newest.order_by(Job.id.desc()).limit(1))
        if job is None:
            return EvaluationState(None, outdated, None)
        now = database_now(session)
        waits = (now - job.created_at).total_seconds() if job.status == "queued" else None
        left = _seconds_left(job, now)
    return EvaluationState(jobs.view(database, job.id), outdated, waits, left)


def _outdated(session: Session, metric: Metric) -> int:
    version = MetricReview.evaluated_version_id
    query = select(func.count()).where(
        MetricReview.metric_id == metric.id,
        MetricReview.judged.is_not(None),
        version.is_distinct_from(metric.live_version_id),
    )
    return session.scalar(query) or 0


def _seconds_left(job: Job, now: datetime) -> float | None:
    """As fast as until now."""
    if job.status != "running" or job.started_at is None or job.calls_done < SOME_CALLS:
        return None
    spent = (now - job.started_at).total_seconds()
    return spent * (job.calls_expected - job.calls_done) / job.calls_done
