"""Who is told of a run: mails, webhooks and news in the dashboard, each once by constraint."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import recipients
from core.deliveries.kinds import SUMMARY
from core.models import Result, Run, Schedule, User, Webhook
from core.notifications.legible import one_line
from core.notifications.summary import NAME_IN_SUBJECT, counted, matches
from core.outbox import Letter, notify_members, write_letters
from core.terms import Notify, Outcome


def write_summaries(session: Session, run_id: int) -> list[int]:
    """Insert the run's deliveries and their jobs; the ids of the jobs, to push after the commit."""
    run = session.get_one(Run, run_id)
    found = session.scalars(select(Result.outcome).where(Result.run_id == run_id)).all()
    outcomes = [Outcome(outcome) for outcome in found if outcome]
    if not matches(Notify(run.notify), outcomes):
        return []
    _notify(session, run, outcomes)
    letters = [Letter(run.project_id, SUMMARY, each, run_id=run.id) for each in _addresses(session, run)]
    return write_letters(session, [*letters, *_to_webhooks(session, run)])


def _addresses(session: Session, run: Run) -> list[str]:
    """All members who want mail for a schedule's run, its starter alone for any other."""
    if run.trigger == "schedule":
        return recipients(session, run.project_id)
    starter = session.get(User, run.starter_id) if run.starter_id is not None else None
    return [starter.email] if starter is not None and starter.enabled else []


def _to_webhooks(session: Session, run: Run) -> list[Letter]:
    """Those of the run's schedule."""
    if run.trigger != "schedule" or run.schedule_id is None:
        return []
    hearing = session.scalars(
        select(Webhook)
        .where(Webhook.schedule_id == run.schedule_id, Webhook.removed_at.is_(None))
        .order_by(Webhook.id)
    )
    return [
        Letter(run.project_id, SUMMARY, f"webhook {one.id}", one.kind, run_id=run.id, webhook_id=one.id)
        for one in hearing
    ]


def _notify(session: Session, run: Run, outcomes: Sequence[Outcome]) -> None:
    """In the dashboard all members hear of a schedule's run, whether they want mail or not."""
    said = counted(outcomes)
    schedule = session.get(Schedule, run.schedule_id) if run.schedule_id is not None else None
    where = f" — {one_line(schedule.name, NAME_IN_SUBJECT)}" if schedule else f" — run {run.id}"
    scheduled = run.trigger == "schedule"
    starter = [run.starter_id] if run.starter_id is not None else []
    notify_members(
        session,
        run.project_id,
        f"run {run.id}",
        said[:1].upper() + said[1:] + where,
        run_id=run.id,
        user_ids=None if scheduled else starter,
    )
