"""Who belongs to a project, in which role, and who of them gets its mails."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.accounts import (
    admins_of,
    authorise,
    change_role,
    membership_of,
    refuse_last_admin,
    refuse_token,
    role_in,
)
from core.db import Database, database_now
from core.errors import NotFound
from core.models import ApiToken, Membership, User
from core.terms import Actor, Role


@dataclass(frozen=True, slots=True)
class Member:
    """`notified`: whether mails go to this person, who may have turned them off or be disabled.
    `joined`: whether they ever signed in or could; False for who was invited and has not come yet."""

    user_id: int
    email: str
    name: str
    role: Role
    notifications: bool
    enabled: bool
    joined: bool

    @property
    def notified(self) -> bool:
        return self.notifications and self.enabled


def members_of(database: Database, actor: Actor, project_id: int) -> list[Member]:
    """The members of a project by address. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see the members")
        rows = session.execute(
            select(User, Membership)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.project_id == project_id)
            .order_by(User.email)
        )
        return [
            Member(
                user_id=user.id,
                email=user.email,
                name=user.name,
                role=Role(membership.role),
                notifications=membership.email_notifications,
                enabled=user.enabled,
                joined=any((user.password_hash, user.oidc_subject, user.signed_in_at)),
            )
            for user, membership in rows
        ]


def role_of(database: Database, actor: Actor, project_id: int) -> Role | None:
    """The actor's role in the project, None for no member: what a page need not offer."""
    with database.read() as session:
        return role_in(session, actor, project_id)


def set_role(database: Database, actor: Actor, project_id: int, user_id: int, role: Role) -> None:
    """Change a member's role. Raises NotFound, NotAllowed, Refused for the last admin."""
    refuse_token(actor)
    with database.write() as session:
        _authorise_admin(session, actor, project_id, "change roles")
        membership = _find(session, project_id, user_id)
        _record(session, actor, "member.role", membership, **change_role(session, membership, role))


def set_notifications(database: Database, actor: Actor, project_id: int, user_id: int, on: bool) -> None:
    """Turn a member's mails on or off: one's own, or anybody's for an admin. Raises NotFound, NotAllowed."""
    with database.write() as session:
        needed = Role.VIEWER if user_id == actor.user_id else Role.ADMIN
        authorise(session, actor, project_id, needed, "change the notifications of others")
        membership = _find(session, project_id, user_id)
        before, membership.email_notifications = membership.email_notifications, on
        details = {"from": _on(before), "to": _on(on)}
        _record(session, actor, "member.notifications", membership, **details)


def remove_member(database: Database, actor: Actor, project_id: int, user_id: int) -> None:
    """Take a person out of the project, and revoke their API tokens there: asked back, they make new ones.

    What they did stays in the history.

    Raises NotFound, NotAllowed, Refused for the last admin.
    """
    refuse_token(actor)
    with database.write() as session:
        _authorise_admin(session, actor, project_id, "remove members")
        membership = _find(session, project_id, user_id)
        refuse_last_admin(session, membership)
        revoked = _revoke_tokens(session, membership)
        _record(session, actor, "member.remove", membership, tokens_revoked=revoked)
        session.delete(membership)


def _authorise_admin(session: Session, actor: Actor, project_id: int, what: str) -> None:
    """Once the admins are locked: who was removed a moment ago is none of them any more."""
    admins_of(session, project_id)
    authorise(session, actor, project_id, Role.ADMIN, what)


def _revoke_tokens(session: Session, membership: Membership) -> list[str]:
    """The names of the tokens that were good until now."""
    theirs = (ApiToken.project_id == membership.project_id, ApiToken.user_id == membership.user_id)
    revoked = session.scalars(
        update(ApiToken)
        .where(*theirs, ApiToken.revoked_at.is_(None))
        .values(revoked_at=database_now(session))
        .returning(ApiToken.name)
    )
    return sorted(revoked)


def _on(on: bool) -> str:
    return "on" if on else "off"


def _find(session: Session, project_id: int, user_id: int) -> Membership:
    found = membership_of(session, project_id, user_id)
    if found is None:
        raise NotFound("member", user_id)
    return found


def _record(session: Session, actor: Actor, action: str, membership: Membership, **details: object) -> None:
    email = session.scalars(select(User.email).where(User.id == membership.user_id)).one()
    audit.record(session, actor, action, f"member {email}", project_id=membership.project_id, details=details)
