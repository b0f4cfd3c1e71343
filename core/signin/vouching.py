"""Whom to believe that an account is the person's whose address it has.

Anybody may make a project, invite an address and, where its person is slow, choose the password themselves. A
project must not take such an account for the person; nor may it void a password that is somebody's own.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import by_email, find_project, role_in
from core.db import Database
from core.errors import Refused
from core.models import Membership, OneTimeLink, Project, User
from core.settings import Settings
from core.signin.people import administers_all
from core.terms import Actor, Origin, Role


def is_vouched_for(session: Session, settings: Settings, user: User, project_id: int) -> bool:
    """Whether the account's password was set by a link from one of the project's admins, or from whoever
    runs this installation."""
    if user.vouched_by is None:
        return True
    operator = by_email(session, settings.admin_email)
    return (operator is not None and operator.id == user.vouched_by) or _administers(
        session, user.vouched_by, project_id
    )


def maker_still_may(session: Session, link: OneTimeLink) -> bool:
    """Whether who passed a link on could still make it: they may be out, or its person in other projects."""
    if link.created_by is None:
        return True
    if link.project_id is not None:
        return _administers(session, link.created_by, link.project_id)
    return administers_all(session, _person(link.created_by), link.user_id)


def refuse_unvouched(
    database: Database, settings: Settings, email: str, project: int | str | None = None
) -> None:
    """Raise Refused where somebody would come into a project, or into every project, with a password that
    nobody there vouches for. Raises NotFound."""
    with database.read() as session:
        user = by_email(session, email)
        if user is None or user.password_hash is None or settings.sign_in != "accounts":
            return
        ids = (
            [find_project(session, project).id]
            if project is not None
            else session.scalars(select(Project.id))
        )
        there = set(session.scalars(select(Membership.project_id).where(Membership.user_id == user.id)))
        if all(is_vouched_for(session, settings, user, each) for each in set(ids) - there):
            return
        maker = session.get_one(User, user.vouched_by).email
    raise Refused(
        f"{user.email} chose their password by a link from {maker}, who is no admin there: make sure that it "
        f"was them. Run `python -m core user reset {user.email}`, pass that link on, then add them."
    )


def _administers(session: Session, user_id: int, project_id: int) -> bool:
    role = role_in(session, _person(user_id), project_id)
    return role is not None and role >= Role.ADMIN


def _person(user_id: int) -> Actor:
    return Actor(user_id, "", Origin.PAGE)
