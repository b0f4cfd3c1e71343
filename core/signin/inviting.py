"""Let somebody into a project: at once, or once they show that the account is theirs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import account_of, authorise, put_in, refuse_token
from core.db import Database
from core.errors import AlreadyExists
from core.models import Membership, User
from core.settings import Settings
from core.signin.links import make_link
from core.signin.people import administers_all, end_everything
from core.signin.values import LinkKind
from core.signin.vouching import is_vouched_for
from core.terms import Actor, Role


def invite(
    database: Database, settings: Settings, actor: Actor, project_id: int, email: str, role: Role
) -> str | None:
    """Let somebody into the project; the token of the link to pass on.

    None for a person who can sign in already, and whom this project's admins or the operator know: they were
    added. Where others passed on the link by which the password was set, or may yet, the link is one of
    membership: whoever opens it joins with the account's own password, and is no member before.
    Raises AlreadyExists, NotAllowed, Refused.
    """
    refuse_token(actor)
    with database.write() as session:
        authorise(session, actor, project_id, Role.ADMIN, "invite people")
        user = account_of(session, email)
        others = _projects(session, user.id)
        if project_id in others:
            raise AlreadyExists("member", user.email)
        if settings.sign_in != "accounts" or _is_known(session, settings, user, project_id):
            put_in(session, actor, project_id, user, role)
            return None
        if not _is_nobodys(session, settings, actor, user, others):
            return make_link(session, user, LinkKind.MEMBERSHIP, actor, project_id, role)
        if user.password_hash is not None:
            _void_password(session, actor, user, project_id)
        put_in(session, actor, project_id, user, role)
        return make_link(session, user, LinkKind.INVITATION, actor)


def _projects(session: Session, user_id: int) -> list[int]:
    return list(session.scalars(select(Membership.project_id).where(Membership.user_id == user_id)))


def _is_known(session: Session, settings: Settings, user: User, project_id: int) -> bool:
    return user.password_hash is not None and is_vouched_for(session, settings, user, project_id)


def _is_nobodys(
    session: Session, settings: Settings, actor: Actor, user: User, others: Sequence[int]
) -> bool:
    """Whether a link that sets a new password takes nothing from anybody: never for the account of whoever
    runs this installation, which projects made on the command line will belong to."""
    if user.email.lower() == settings.admin_email.lower():
        return False
    return not others if user.password_hash is not None else administers_all(session, actor, user.id)


def _void_password(session: Session, actor: Actor, user: User, project_id: int) -> None:
    """Of an account that is in no project any more, and whose password nobody here vouches for."""
    user.password_hash, user.vouched_by = None, None
    end_everything(session, user.id)
    audit.record(session, actor, "user.password_void", f"user {user.email}", project_id=project_id)
