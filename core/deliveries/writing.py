"""Who gets the summary of a run: one row a recipient, once by constraint."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import jobs
from core.accounts import recipients
from core.db import database_now, insert_once
from core.models import Delivery, Result, Run, User
from core.notifications.summary import matches
from core.terms import Notify, Outcome

SUMMARY = "summary"


def write_summaries(session: Session, run_id: int) -> list[int]:
    """Insert the run's deliveries and their jobs; the ids of the jobs, to push after the commit."""
    run = session.get_one(Run, run_id)
    outcomes = session.scalars(select(Result.outcome).where(Result.run_id == run_id)).all()
    if not matches(Notify(run.notify), [Outcome(outcome) for outcome in outcomes if outcome]):
        return []
    made = [_write(session, run, address) for address in _addresses(session, run)]
    return [job_id for job_id in made if job_id is not None]


def _addresses(session: Session, run: Run) -> list[str]:
    """All members who want mail for a schedule's run, its starter alone for any other."""
    if run.trigger == "schedule":
        return recipients(session, run.project_id)
    starter = session.get(User, run.starter_id) if run.starter_id is not None else None
    return [starter.email] if starter is not None and starter.enabled else []


def _write(session: Session, run: Run, address: str) -> int | None:
    return write_delivery(session, run.project_id, run.id, SUMMARY, "email", address)


def write_delivery(
    session: Session, project_id: int | None, run_id: int, kind: str, channel: str, recipient: str
) -> int | None:
    """Insert a delivery and its job; the job's id, or None where this one was written before."""
    delivery_id = insert_once(
        session,
        Delivery,
        {
            "project_id": project_id,
            "run_id": run_id,
            "kind": kind,
            "channel": channel,
            "recipient": recipient,
            "state": "waiting",
            "message_id": f"<run-{run_id}.{uuid4().hex}@plumbline>",
            "subject": "",
            "attempts": 0,
            "fates_unknown": 0,
            "error": "",
            "created_at": database_now(session),
        },
        Delivery.id,
    )
    if delivery_id is None:
        return None
    return jobs.add(
        session, "deliver", delivery_id, project_id=project_id, dedupe_key=f"deliver-{delivery_id}"
    )
