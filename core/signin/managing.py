"""Disabling people, and enabling them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import admins_of
from core.db import Database
from core.errors import Refused
from core.models import Membership, Project, User
from core.signin.people import end_everything, refuse_strangers
from core.terms import Actor, Role


def set_enabled(database: Database, actor: Actor, user_id: int, on: bool) -> None:
    """Disable somebody, which ends their sessions and links, or enable them again.

    Raises NotFound, Refused for oneself and for the last enabled admin of a project.
    """
    if user_id == actor.user_id and not on:
        raise Refused("You can't disable your own account; ask another admin.")
    with database.write() as session:
        # Locked before anything is asked: of two who disable each other, the second is not an admin any more.
        admins = {} if on else _admins_where_admin(session, user_id)
        user = refuse_strangers(session, actor, user_id)
        if user.enabled is on:
            return
        if not on:
            _refuse_last_admin(session, user, admins)
            end_everything(session, user_id)
        user.enabled = on
        action = "user.enable" if on else "user.disable"
        mine = select(Membership.project_id).where(Membership.user_id == user_id)
        projects: list[int | None] = [*session.scalars(mine)]
        for project_id in projects or [None]:
            audit.record(session, actor, action, f"user {user.email}", project_id=project_id)


def _admins_where_admin(session: Session, user_id: int) -> dict[int, list[int]]:
    """The admins of each project that the user is an admin of, by project, locked in one order."""
    led = select(Membership.project_id).where(
        Membership.user_id == user_id, Membership.role >= Role.ADMIN.value
    )
    return {project_id: admins_of(session, project_id) for project_id in sorted(session.scalars(led))}


def _refuse_last_admin(session: Session, user: User, admins: Mapping[int, Sequence[int]]) -> None:
    """For the only admin of any of their projects."""
    for project_id, found in admins.items():
        if list(found) == [user.id]:
            name = session.get_one(Project, project_id).name
            raise Refused(f"{user.email} is the only admin of {name}; make somebody else an admin first.")
