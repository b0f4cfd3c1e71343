"""Queue an evaluation, and stop one."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit, jobs
from core.db import Database, database_now
from core.errors import Refused
from core.evaluations.selection import ALL, Kind, Selection, payload_of, rows_selected
from core.judging.course import planned_calls
from core.metrics import find_for, live_version
from core.models import Job, Metric
from core.terms import Actor, Role


def start(database: Database, actor: Actor, metric_id: int, selection: Selection = ALL) -> int:
    """Queue an evaluation, or return the one that is going; the job's id.

    Raises NotFound, NotAllowed, Refused where there is no call to judge, and BudgetSpent where the
    project's month has no call left.
    """
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "evaluate calls")
        session.refresh(metric, with_for_update={"key_share": True})  # two at once take turns
        going = session.scalar(
            select(Job.id).where(
                Job.kind == "evaluate", Job.subject_id == metric_id, Job.status.in_(("queued", "running"))
            )
        )
        if going is not None:
            return going
        return _queue(session, actor, metric, selection)


def _queue(session: Session, actor: Actor, metric: Metric, selection: Selection) -> int:
    rows = rows_selected(session, metric, selection)
    if not rows:
        raise Refused(_nothing(metric, selection))
    if planned_calls(live_version(session, metric).definition):
        jobs.refuse_spent_month(session, metric.project_id)
    payload = payload_of(session, metric, selection)
    job_id = jobs.add(session, "evaluate", metric.id, project_id=metric.project_id, payload=payload)
    assert job_id is not None  # without a dedupe key nothing is in the way
    audit.record(
        session,
        actor,
        "lab.evaluate",
        f"metric {metric.name}",
        project_id=metric.project_id,
        details={"calls": rows, "selection": selection.kind.value},
    )
    return job_id


def _nothing(metric: Metric, selection: Selection) -> str:
    if selection.kind in (Kind.ALL, Kind.NEW):
        new = "new " if selection.kind is Kind.NEW else ""
        return f"“{metric.name}” has no {new}calls in its Lab; import some."
    return "No call is chosen; there is nothing to evaluate."


def cancel(database: Database, actor: Actor, metric_id: int) -> None:
    """Stop the evaluation that is going; the verdicts it has until then stay in the Lab.

    Raises NotFound, NotAllowed, and Refused where none is going.
    """
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "evaluate calls")
        going = (Job.kind == "evaluate", Job.subject_id == metric_id)
        now = database_now(session)
        not_begun = session.scalar(
            update(Job)
            .where(*going, Job.status == "queued")
            .values(status="cancelled", cancel_requested_at=now, finished_at=now)
            .returning(Job.id)
        )
        running = session.scalar(select(Job.id).where(*going, Job.status == "running"))
        if not_begun is None and running is None:
            raise Refused(f"No evaluation of “{metric.name}” is going.")
        if running is not None:
            jobs.request_cancel(session, running)
        audit.record(
            session, actor, "lab.evaluate.cancel", f"metric {metric.name}", project_id=metric.project_id
        )
