"""Cancel a run: what has not begun is closed at once, what is going stops at its next heartbeat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit, jobs
from core.db import Database, database_now
from core.errors import Refused
from core.models import Job, Result
from core.models.runs import DONE, UNFINISHED
from core.runs.access import run_for
from core.runs.finishing import finish_run
from core.runs.recording import let_next_go
from core.terms import Actor, Outcome, Role, Usage
from core.verdicts import spent


def cancel(database: Database, actor: Actor, run_id: int) -> list[int]:
    """Cancel what is left of a run; the ids of jobs to push. Raises NotFound, NotAllowed, Refused."""
    with database.write() as session:
        run = run_for(session, actor, run_id, Role.EDITOR, "cancel runs")
        open_results = session.scalars(
            select(Result).where(Result.run_id == run_id, Result.state != DONE).order_by(Result.id)
        ).all()
        stopped = [_cancel_result(session, result) for result in open_results]
        if not any(stopped):
            raise Refused(f"Run {run_id} is finished already.")
        woken = [
            job_id
            for result in open_results
            if result.state == DONE
            for job_id in let_next_go(session, result.metric_id)
        ]
        audit.record(session, actor, "run.cancel", f"run {run_id}", project_id=run.project_id)
    return woken + finish_run(database, run_id)


def cancel_metric(session: Session, metric_id: int) -> list[int]:
    """Cancel what is unfinished of a metric; the ids of its runs, to be finished after the commit."""
    unfinished = session.scalars(
        select(Result).where(Result.metric_id == metric_id, Result.state.in_(UNFINISHED)).order_by(Result.id)
    ).all()
    return [result.run_id for result in unfinished if _cancel_result(session, result)]


def _cancel_result(session: Session, result: Result) -> bool:
    """Close the result if nobody works on it, else ask its worker to stop; False when it is too late."""
    now = database_now(session)
    not_begun = session.scalar(
        update(Job)
        .where(Job.kind == "optimise", Job.subject_id == result.id, Job.status == "queued")
        .values(status="cancelled", cancel_requested_at=now, finished_at=now)
        .returning(Job.id)
    )
    if not_begun is None:
        job_id = session.scalars(
            select(Job.id).where(Job.kind == "optimise", Job.subject_id == result.id)
        ).one()
        return jobs.request_cancel(session, job_id)
    _close(session, result, spent(session, not_begun), now)
    return True


def _close(session: Session, result: Result, usage: Usage, now: datetime) -> None:
    """In one UPDATE: at a second one in the same transaction PostgreSQL locks the metric, too, for which
    somebody who deletes the metric may be waiting with a lock on the next job."""
    session.execute(
        update(Result)
        .where(Result.id == result.id)
        .values(
            state=DONE,
            outcome=Outcome.CANCELLED.value,
            reason="The run was cancelled before this metric was done; nothing was applied.",
            calls=usage.calls,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            finished_at=now,
        )
    )
