"""Make, list and revoke tokens."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise, clean_name, find_project, role_in
from core.db import Database, database_now
from core.errors import NotAllowed, NotFound, Refused
from core.models import ApiToken, Membership, User
from core.terms import Actor, Role
from core.tokens.using import PREFIX, RANDOM_BYTES, token_digest

HINT_CHARACTERS = 10
MOST_DAYS = 3_650


class TokenState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OWNER_OUT = "owner out"
    """Its owner was disabled; it works again once they are back."""


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token without its text; `hint` is how that begins."""

    id: int
    name: str
    hint: str
    project_id: int
    owner_id: int
    owner: str
    role: Role
    state: TokenState
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }
        return found | {"role": self.role.name.lower()}


def make_token(
    database: Database,
    actor: Actor,
    project_id: int,
    name: str,
    role: Role,
    expires_in_days: int | None = None,
) -> tuple[TokenView, str]:
    """A token of the actor's own and its text, which is stored nowhere and shown this once.

    Without `expires_in_days` it is good until it is revoked. Raises NotFound, NotAllowed, and Refused for
    a bad name or number of days and for an actor who is no person or a token itself.
    """
    name = clean_name(name, "token")
    if expires_in_days is not None and not 1 <= expires_in_days <= MOST_DAYS:
        raise Refused(f"A token is good for 1 to {MOST_DAYS} days, or until it is revoked.")
    plaintext = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    with database.write() as session:
        project = find_project(session, project_id)
        authorise(session, actor, project.id, Role.ADMIN, "make API tokens")
        owner_id = _person(actor)
        now = database_now(session)
        token = ApiToken(
            digest=token_digest(plaintext),
            hint=plaintext[:HINT_CHARACTERS],
            name=name,
            project_id=project.id,
            user_id=owner_id,
            role=role,
            created_at=now,
            expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
        )
        session.add(token)
        session.flush()
        until = None if token.expires_at is None else token.expires_at.isoformat()
        _record(session, actor, "token.make", token, role=role.name.lower(), expires_at=until)
        return _one(session, token.id, now), plaintext


def tokens_of(database: Database, actor: Actor, project_id: int) -> list[TokenView]:
    """The project's tokens, newest first: all of them for an admin, else one's own. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see API tokens")
        query = select(ApiToken.id).where(ApiToken.project_id == project_id).order_by(ApiToken.id.desc())
        if not _is_admin(session, actor, project_id):
            query = query.where(ApiToken.user_id == actor.user_id)
        return _views(session, list(session.scalars(query)), database_now(session))


def revoke_token(database: Database, actor: Actor, token_id: int) -> TokenView:
    """Refuse a token from now on: one's own, or anybody's for an admin. Doing it twice changes nothing.

    Raises NotFound, also for a token of a project the actor may not look into, NotAllowed, Refused.
    """
    with database.write() as session:
        token = session.get(ApiToken, token_id, with_for_update=True)
        if token is None or role_in(session, actor, token.project_id) is None:
            raise NotFound("API token", token_id)
        mine = token.user_id == _person(actor)
        if not mine and not _is_admin(session, actor, token.project_id):
            raise NotAllowed(actor.name, "revoke the API tokens of others", Role.ADMIN.name.lower())
        now = database_now(session)
        if token.revoked_at is None:
            token.revoked_at = now
            session.flush()
            _record(session, actor, "token.revoke", token)
        return _one(session, token.id, now)


def _person(actor: Actor) -> int:
    if actor.scope is not None:
        raise Refused("A token cannot manage tokens: sign in and do it under Project settings → API tokens.")
    if actor.user_id is None:
        raise Refused("A token belongs to a person.")
    return actor.user_id


def _is_admin(session: Session, actor: Actor, project_id: int) -> bool:
    role = role_in(session, actor, project_id)
    return role is not None and role >= Role.ADMIN


def _one(session: Session, token_id: int, now: datetime) -> TokenView:
    return _views(session, [token_id], now)[0]


def _views(session: Session, ids: list[int], now: datetime) -> list[TokenView]:
    """The tokens with their owners, newest first."""
    member = (Membership.user_id == ApiToken.user_id) & (Membership.project_id == ApiToken.project_id)
    rows = session.execute(
        select(ApiToken, User, Membership.id)
        .join(User, User.id == ApiToken.user_id)
        .outerjoin(Membership, member)
        .where(ApiToken.id.in_(ids))
        .order_by(ApiToken.id.desc())
    )
    return [
        _view(token, user, now, present=user.enabled and membership is not None)
        for token, user, membership in rows
    ]


def _view(token: ApiToken, owner: User, now: datetime, *, present: bool) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        hint=token.hint,
        project_id=token.project_id,
        owner_id=owner.id,
        owner=owner.email,
        role=Role(token.role),
        state=_state(token, now, present=present),
        created_at=token.created_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
        revoked_at=token.revoked_at,
    )


def _state(token: ApiToken, now: datetime, *, present: bool) -> TokenState:
    if token.revoked_at is not None:
        return TokenState.REVOKED
    if token.expires_at is not None and token.expires_at <= now:
        return TokenState.EXPIRED
    return TokenState.ACTIVE if present else TokenState.OWNER_OUT


def _record(session: Session, actor: Actor, action: str, token: ApiToken, **details: object) -> None:
    told = {"token": token.id, "hint": token.hint} | details
    audit.record(session, actor, action, f"token {token.name}", project_id=token.project_id, details=told)
