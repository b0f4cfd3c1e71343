"""News for people inside the dashboard, each once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import database_now, insert_new
from core.models import Membership, Notification, User
from core.terms import Role


def notify_members(
    session: Session,
    project_id: int,
    key: str,
    text: str,
    *,
    run_id: int | None = None,
    user_ids: Sequence[int] | None = None,
    at_least: Role = Role.VIEWER,
) -> None:
    """Tell the enabled members with this role at least, or those of them named, unless they were told.

    `key` says what it is about, such as “run 12”: nobody is told twice of the same.
    """
    wanted = select(Membership.user_id).join(User, User.id == Membership.user_id)
    wanted = wanted.where(
        Membership.project_id == project_id, Membership.role >= at_least, User.enabled.is_(True)
    )
    if user_ids is not None:
        wanted = wanted.where(Membership.user_id.in_(user_ids))
    now = database_now(session)
    rows = [
        {
            "user_id": user_id,
            "project_id": project_id,
            "key": key,
            "text": text,
            "run_id": run_id,
            "created_at": now,
        }
        for user_id in session.scalars(wanted)
    ]
    insert_new(session, Notification, rows, Notification.id)
