"""Finding people, and who may manage whose account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import by_email, refuse_token, role_in
from core.db import Database
from core.errors import NotAllowed, NotFound, Refused
from core.models import Membership, OneTimeLink, SignInSession, User
from core.terms import Actor, Role


@dataclass(frozen=True, slots=True)
class PersonView:
    """An account; `ways` are those by which its person can sign in: password, oidc."""

    id: int
    email: str
    name: str
    enabled: bool
    ways: tuple[str, ...]
    signed_in_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        seen = self.signed_in_at.isoformat() if self.signed_in_at else None
        return asdict(self) | {"ways": list(self.ways), "signed_in_at": seen}


def all_people(database: Database, actor: Actor) -> list[PersonView]:
    """Every account by address: for whoever runs this installation. Raises NotAllowed for anybody else."""
    if actor.user_id is not None:
        raise NotAllowed(actor.name, "see every account", Role.ADMIN.name.lower())
    with database.read() as session:
        return [_view(user) for user in session.scalars(select(User).order_by(User.email))]


def find_person(database: Database, email: str) -> int:
    """The id of the account with this address. Raises NotFound."""
    with database.read() as session:
        found = by_email(session, email)
    if found is None:
        raise NotFound("account", email)
    return found.id


def _view(user: User) -> PersonView:
    ways = {"password": user.password_hash, "oidc": user.oidc_subject}
    return PersonView(
        user.id,
        user.email,
        user.name,
        user.enabled,
        tuple(way for way, there in ways.items() if there is not None),
        user.signed_in_at,
    )


def needs_first_admin(database: Database) -> bool:
    """Whether nobody can sign in yet by a password or an identity provider."""
    query = select(User.id).where(
        User.enabled.is_(True), User.password_hash.is_not(None) | User.oidc_subject.is_not(None)
    )
    with database.read() as session:
        return session.scalar(query.limit(1)) is None


def require_person(actor: Actor) -> int:
    """The actor's user id. Raises Refused for the product itself and for a token."""
    if actor.user_id is None or actor.scope is not None:
        raise Refused("Accounts are managed by people who signed in, not by tokens.")
    return actor.user_id


def refuse_strangers(session: Session, actor: Actor, user_id: int) -> User:
    """The user, where the actor may manage their account: an admin of every project they belong to.

    Less would let the admin of one project into all the others of a member, by resetting their
    password. The command line acts for whoever has the database anyway. Raises NotFound, Refused.
    """
    refuse_token(actor)
    user = session.get(User, user_id, with_for_update={"key_share": True})  # a row of the audit may name it
    mine = _roles_beside(session, actor, user_id)
    if user is None or (actor.user_id is not None and not any(mine)):
        raise NotFound("account", user_id)
    if not _all_admin(mine):
        raise Refused(
            f"{user.email} also belongs to projects that you are no admin of; ask an admin of all of "
            "them, or whoever runs this installation."
        )
    return user


def administers_all(session: Session, actor: Actor, user_id: int) -> bool:
    """Whether the actor is an admin of every project that the person belongs to."""
    return _all_admin(_roles_beside(session, actor, user_id))


def _roles_beside(session: Session, actor: Actor, user_id: int) -> list[Role | None]:
    """The actor's role in each project of the person."""
    projects = session.scalars(select(Membership.project_id).where(Membership.user_id == user_id)).all()
    return [role_in(session, actor, project_id) for project_id in projects]


def _all_admin(roles: Sequence[Role | None]) -> bool:
    return all(role is not None and role >= Role.ADMIN for role in roles)


def end_everything(session: Session, user_id: int) -> None:
    """End somebody's sessions and void their links."""
    for table in (SignInSession, OneTimeLink):
        for row in session.scalars(select(table).where(table.user_id == user_id)):
            session.delete(row)
