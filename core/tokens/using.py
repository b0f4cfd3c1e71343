"""Who a token acts for, when somebody presents it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from core.db import Database, database_now
from core.errors import TokenRefused
from core.models import ApiToken, Membership, User
from core.terms import Actor, Origin, Role, Scope

PREFIX = "plb_"
RANDOM_BYTES = 32
SHAPE = re.compile(r"plb_[A-Za-z0-9_-]{43}")
USE_NOTED_EVERY = timedelta(minutes=1)
MAX_ACTOR = 320
NEW_ONE = "make a new one under Project settings → API tokens"


def actor_of_token(database: Database, plaintext: str, origin: Origin) -> Actor:
    """Whom a token acts for, narrowed to its project and role. Notes its use, at most once a minute.

    Raises TokenRefused for a token that is unknown, revoked or expired, or whose owner is out.
    """
    if not looks_like_token(plaintext):
        raise TokenRefused(
            f"That is no token of Plumbline, which begins with {PREFIX}: copy it again, or {NEW_ONE}."
        )
    with database.read() as session:
        now = database_now(session)
        found = session.execute(PRESENTED, {"digest": token_digest(plaintext)}).one_or_none()
        if found is None:
            raise TokenRefused(f"This token is unknown here: copy it again, or {NEW_ONE}.")
        token, email, role = found
        actor = _actor(token, email, role, origin, now)
    if token.used_at is None or token.used_at <= now - USE_NOTED_EVERY:
        _note_use(database, token.id, now)
    return actor


def actor_again(session: Session, token_id: int, origin: Origin) -> Actor:
    """Whom a token acts for now, in what it began earlier. Raises TokenRefused as `actor_of_token`."""
    found = session.execute(OWNED.where(ApiToken.id == token_id)).one_or_none()
    if found is None:
        raise TokenRefused(f"The token that began this is unknown here; {NEW_ONE}.")
    token, email, role = found
    return _actor(token, email, role, origin, database_now(session))


def looks_like_token(text: str) -> bool:
    """Whether it could be one, without asking the database."""
    return SHAPE.fullmatch(text) is not None


def token_digest(plaintext: str) -> str:
    """SHA-256 (hex). Nothing slower is needed: there are 2²⁵⁶ tokens to guess from."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


OWNED = (
    select(ApiToken, User.email, Membership.role)
    .join(User, User.id == ApiToken.user_id)
    .outerjoin(
        Membership,
        and_(
            Membership.user_id == User.id,
            Membership.project_id == ApiToken.project_id,
            User.enabled.is_(True),
        ),
    )
)
"""A token, its owner's address, and the owner's role in its project, None for one who is out."""
PRESENTED = OWNED.where(ApiToken.digest == bindparam("digest"))
"""The same of one token. One statement, built once, since every request of a client asks it."""


def _actor(token: ApiToken, email: str, role: int | None, origin: Origin, now: datetime) -> Actor:
    if token.revoked_at is not None:
        raise TokenRefused(f"The token “{token.name}” was revoked on {_day(token.revoked_at)}; {NEW_ONE}.")
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenRefused(f"The token “{token.name}” expired on {_day(token.expires_at)}; {NEW_ONE}.")
    if role is None:
        raise TokenRefused(
            f"The token “{token.name}” is that of {email}, who is disabled or no longer a member of "
            "its project; a member who is an admin there can make a new one."
        )
    name = f"{email} (token “{token.name}”)"[:MAX_ACTOR]
    return Actor(token.user_id, name, origin, scope=Scope(token.project_id, Role(token.role), token.id))


def _note_use(database: Database, token_id: int, now: datetime) -> None:
    long_ago = or_(ApiToken.used_at.is_(None), ApiToken.used_at <= now - USE_NOTED_EVERY)
    with database.write() as session:
        session.execute(update(ApiToken).where(ApiToken.id == token_id, long_ago).values(used_at=now))


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"
