"""Find the projects that are due, and write each member's reminder in the transaction that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.db import Database, database_now
from core.deliveries.kinds import REMINDER
from core.models import Membership, Project, User
from core.notifications.reminder import Idle, Reminder, Waiting, reminder_words
from core.outbox import Letter, notify_members, write_letters
from core.reminders.due import is_due, is_late, last_moment
from core.runs.attention import waiting_proposals
from core.schedules.idle import idle_in
from core.terms import Role

SETTLED = timedelta(days=1)
"""A proposal younger than that was mailed just now."""
LOOKED_AT_AGAIN = timedelta(days=4)
"""Shorter than a week by more than any clock change: a cheap way to pass over who was reminded."""
MOST_IDLE = 200
READERS = Role.LABELLER
"""A viewer can neither label nor decide."""


@dataclass(frozen=True, slots=True)
class _Due:
    project_id: int
    reminded_at: datetime | None


def write_reminders(database: Database, at: datetime | None = None) -> list[int]:
    """Remind the members of every project that is due `at` a moment, now by the database's clock unless
    given; the jobs to push.

    Any number of schedulers may do this at once: a conditional UPDATE lets one of them write.
    """
    return [job_id for due in _due_projects(database, at) for job_id in _remind(database, due, at)]


def _due_projects(database: Database, at: datetime | None) -> list[_Due]:
    with database.read() as session:
        now = at or database_now(session)
        long_ago = or_(Project.reminded_at.is_(None), Project.reminded_at < now - LOOKED_AT_AGAIN)
        return [
            _Due(project.id, project.reminded_at)
            for project in session.scalars(select(Project).where(long_ago).order_by(Project.id))
            if is_due(now, ZoneInfo(project.timezone), project.reminded_at or project.created_at)
        ]


def _remind(database: Database, due: _Due, at: datetime | None) -> list[int]:
    with database.write() as session:
        now = at or database_now(session)
        mine = session.scalar(
            update(Project)
            .where(Project.id == due.project_id, Project.reminded_at.is_not_distinct_from(due.reminded_at))
            .values(reminded_at=now)
            .returning(Project.id)
        )
        if mine is None:
            return []
        project = session.get_one(Project, mine)
        zone = ZoneInfo(project.timezone)
        return [] if is_late(now, zone) else _write(session, project, zone, now)


def _write(session: Session, project: Project, zone: ZoneInfo, now: datetime) -> list[int]:
    reminder = Reminder(
        project.name, project.id, _waiting(session, project.id, zone, now), _idle(session, project.id)
    )
    words = reminder_words(reminder)
    if not words:
        return []
    week = f"{last_moment(now, zone):%G-W%V}"
    said = words[:1].upper() + words[1:]
    notify_members(session, project.id, f"reminder {project.id} {week}", said, at_least=READERS)
    facts = reminder.as_json()
    return write_letters(
        session,
        [
            Letter(
                project.id,
                REMINDER,
                email,
                dedupe_key=f"reminder-{project.id}-{week}-{user_id}",
                payload=facts,
            )
            for user_id, email in _readers(session, project.id)
        ],
    )


def _waiting(session: Session, project_id: int, zone: ZoneInfo, now: datetime) -> Sequence[Waiting]:
    return [
        Waiting(one.metric, one.run_id, one.result_id, one.since.astimezone(zone).date())
        for one in waiting_proposals(session, project_id)
        if now - one.since >= SETTLED
    ]


def _idle(session: Session, project_id: int) -> Sequence[Idle]:
    return [Idle(one.name, one.id) for one in idle_in(session, project_id, MOST_IDLE)]


def _readers(session: Session, project_id: int) -> list[tuple[int, str]]:
    """Ids and addresses of the enabled members with notifications on who can do something about it."""
    rows = session.execute(
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.project_id == project_id,
            Membership.role >= READERS,
            Membership.email_notifications.is_(True),
            User.enabled.is_(True),
        )
        .order_by(User.id)
    )
    return [(row.id, row.email) for row in rows]
