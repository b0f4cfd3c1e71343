"""How far a metric's result is, for pages that watch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, bindparam, case, func, select
from sqlalchemy.orm import Session, aliased, defer

from core.accounts import authorise
from core.db import Database, database_now
from core.errors import NotFound
from core.jobs import seconds_left
from core.metrics import find_for
from core.models import Job, Result, Run
from core.models.runs import ACTIVE, UNFINISHED
from core.terms import Actor, Outcome, Role, Score


@dataclass(frozen=True, slots=True)
class Progress:
    """A result on its way, or done once it has an outcome.

    `calls_expected` counts the calls known so far; later stages add theirs. `seconds_left` is for
    those calls, None while nothing can be told. `waits_seconds` is how long no worker has taken the
    job, None once one has. `waits_for_run` is the run that has the metric while this one waits its turn.
    `metrics_in_run` counts all metrics of the run, which are cancelled together.
    """

    run_id: int
    result_id: int
    stage: str
    calls_done: int
    calls_expected: int
    seconds_left: float | None
    waits_seconds: float | None
    waits_for_run: int | None
    metrics_in_run: int
    cancel_requested: bool
    outcome: Outcome | None
    reason: str
    baseline: Score | None
    optimised: Score | None

    @property
    def final(self) -> bool:
        return self.outcome is not None


def progress(database: Database, actor: Actor, result_id: int) -> Progress:
    """How a result stands. Raises NotFound, NotAllowed."""
    with database.read() as session:
        found = session.execute(WATCHED.where(Result.id == result_id)).one_or_none()
        nothing = NotFound("result", result_id)
        if found is None:
            raise nothing
        return _progress(session, actor, found, nothing)


def progress_of_job(database: Database, actor: Actor, job_id: int) -> Progress:
    """How the result stands that this job works on. Raises NotFound, NotAllowed."""
    with database.read() as session:
        found = session.execute(POLLED, {"job_id": job_id}).one_or_none()
        nothing = NotFound("run with the progress id", job_id)
        if found is None:
            raise nothing
        return _progress(session, actor, found, nothing)


def going_on(database: Database, actor: Actor, metric_id: int) -> Progress | None:
    """The result that works on the metric now, else the one first in the queue for it, else None.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see runs")
        found = session.execute(
            WATCHED.where(Result.metric_id == metric.id, Result.state.in_(UNFINISHED))
            .order_by(case((Result.state == ACTIVE, 0), else_=1), Result.id)
            .limit(1)
        ).one_or_none()
        return None if found is None else _progress(session, actor, found, NotFound("metric", metric_id))


LARGE = (Result.candidate, Result.evidence, Result.findings, Result.log, Result.held_out)
"""What a result came to in detail, which nobody asks who only wants to know how far it is."""
OTHER, SIBLING = aliased(Result), aliased(Result)
WATCHED = (
    select(
        Job,
        Result,
        Run.project_id,
        select(func.min(OTHER.run_id))
        .where(OTHER.metric_id == Result.metric_id, OTHER.state == ACTIVE, OTHER.id != Result.id)
        .correlate(Result)
        .scalar_subquery(),
        select(func.count()).where(SIBLING.run_id == Result.run_id).correlate(Result).scalar_subquery(),
    )
    .join(Result, Job.subject_id == Result.id)
    .join(Run, Run.id == Result.run_id)
    .where(Job.kind == "optimise")
    .options(*(defer(large) for large in LARGE))
)
"""A job with its result, the project, the run that has the metric now, and how many metrics its own run has.
"""
POLLED = WATCHED.where(Job.id == bindparam("job_id"))
"""The same of one job. One statement, built once, since many clients poll it."""


def _progress(
    session: Session, actor: Actor, found: Row[Job, Result, int, int | None, int], unseen: NotFound
) -> Progress:
    job, result, project_id, in_the_way, metrics_in_run = found
    authorise(session, actor, project_id, Role.VIEWER, "see runs", unseen=unseen)
    now = database_now(session)
    waits = job.status == "queued"
    elapsed = (now - job.started_at).total_seconds() if job.started_at and not waits else 0.0
    return Progress(
        run_id=result.run_id,
        result_id=result.id,
        stage=job.stage,
        calls_done=job.calls_done,
        calls_expected=job.calls_expected,
        seconds_left=seconds_left(job.calls_done, job.calls_expected, elapsed),
        waits_seconds=_age(job.created_at, now) if waits else None,
        waits_for_run=in_the_way if waits else None,
        metrics_in_run=metrics_in_run,
        cancel_requested=job.cancel_requested_at is not None,
        outcome=Outcome(result.outcome) if result.outcome else None,
        reason=result.reason,
        baseline=Score.or_none(result.baseline_correct, result.baseline_total, result.not_judged),
        optimised=Score.or_none(result.optimised_correct, result.optimised_total, result.not_judged),
    )


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
