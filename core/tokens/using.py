"""Who a token acts for, when somebody presents it."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.accounts import role_in
from core.db import Database, database_now
from core.errors import TokenRefused
from core.models import ApiToken, User
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
        token = session.scalar(select(ApiToken).where(ApiToken.digest == token_digest(plaintext)))
        if token is None:
            raise TokenRefused(f"This token is unknown here: copy it again, or {NEW_ONE}.")
        actor = _actor(session, token, origin, now)
    if token.used_at is None or token.used_at <= now - USE_NOTED_EVERY:
        _note_use(database, token.id, now)
    return actor


def looks_like_token(text: str) -> bool:
    """Whether it could be one, without asking the database."""
    return SHAPE.fullmatch(text) is not None


def token_digest(plaintext: str) -> str:
    """SHA-256 (hex). Nothing slower is needed: there are 2²⁵⁶ tokens to guess from."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def _actor(session: Session, token: ApiToken, origin: Origin, now: datetime) -> Actor:
    if token.revoked_at is not None:
        raise TokenRefused(f"The token “{token.name}” was revoked on {_day(token.revoked_at)}; {NEW_ONE}.")
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenRefused(f"The token “{token.name}” expired on {_day(token.expires_at)}; {NEW_ONE}.")
    owner = session.get_one(User, token.user_id)
    name = f"{owner.email} (token “{token.name}”)"[:MAX_ACTOR]
    actor = Actor(owner.id, name, origin, scope=Scope(token.project_id, Role(token.role)))
    if role_in(session, actor, token.project_id) is None:
        raise TokenRefused(
            f"The token “{token.name}” is that of {owner.email}, who is disabled or no longer a member of "
            "its project; a member who is an admin there can make a new one."
        )
    return actor


def _note_use(database: Database, token_id: int, now: datetime) -> None:
    long_ago = or_(ApiToken.used_at.is_(None), ApiToken.used_at <= now - USE_NOTED_EVERY)
    with database.write() as session:
        session.execute(update(ApiToken).where(ApiToken.id == token_id, long_ago).values(used_at=now))


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"
