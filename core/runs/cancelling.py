"""Cancel a run: what has not begun is closed at once, what is going stops at its next heartbeat."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit, jobs
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import NotFound, Refused
from core.models import Job, Result, Run
from core.runs.finishing import finish_run
from core.runs.recording import let_next_go
from core.runs.starting import DONE
from core.terms import Actor, Outcome, Role


def cancel(database: Database, actor: Actor, run_id: int) -> list[int]:
    """Cancel what is left of a run; the ids of jobs to push. Raises NotFound, NotAllowed, Refused."""
    with database.write() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound("run", run_id)
        authorise(session, actor, run.project_id, Role.EDITOR, "cancel runs")
        if run.finished_at is not None:
            raise Refused(f"Run {run_id} is finished already.")
        for result in session.scalars(select(Result).where(Result.run_id == run_id, Result.state != DONE)):
            _cancel_result(session, result)
        audit.record(session, actor, "run.cancel", f"run {run_id}", project_id=run.project_id)
    return finish_run(database, run_id)


def _cancel_result(session: Session, result: Result) -> None:
    job = (Job.kind == "optimise") & (Job.subject_id == result.id)
    not_begun = session.execute(
        update(Job)
        .where(job, Job.status == "queued")
        .values(status="cancelled", finished_at=database_now(session))
        .returning(Job.id)
    ).scalar_one_or_none()
    if not_begun is None:
        for job_id in session.scalars(select(Job.id).where(job, Job.status == "running")):
            jobs.request_cancel(session, job_id)
        return
    result.state = DONE
    result.outcome = Outcome.CANCELLED.value
    result.reason = "The run was cancelled before this metric began; nothing was applied."
    result.finished_at = database_now(session)
    let_next_go(session, result.metric_id)
