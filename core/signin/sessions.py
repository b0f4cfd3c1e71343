"""Sessions of browsers: opened, looked up at every click, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import Database, database_now
from core.models import SignInSession, User
from core.settings import Settings
from core.signin.keys import new_token, token_digest
from core.signin.people import refuse_strangers, require_person
from core.signin.values import Client, Method, SessionView, SignedIn
from core.terms import Actor, Origin

SEEN_EVERY = timedelta(minutes=1)
"""How often a look is written down; every click would be a write otherwise."""
LONGEST_TOKEN = 200
WAYS = {
    "accounts": {Method.PASSWORD, Method.LINK},
    "oidc": {Method.OIDC, Method.LINK},
    "proxy": set[Method](),
}
"""How a session may have been opened, by SIGN_IN."""


def open_session(session: Session, settings: Settings, user: User, method: Method, client: Client) -> str:
    """A new session and its token, which is stored nowhere. Expired ones of everybody are swept."""
    now = database_now(session)
    session.execute(delete(SignInSession).where(SignInSession.expires_at <= now))
    token = new_token()
    session.add(
        SignInSession(
            digest=token_digest(token),
            user_id=user.id,
            method=method.value,
            address=client.address[:100],
            browser=client.browser[:300],
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=settings.session_days),
        )
    )
    user.signed_in_at = now
    record_sign_in(session, user, method, client)
    return token


def record_sign_in(session: Session, user: User, method: Method, client: Client) -> None:
    details = {"method": method.value, "address": client.address}
    audit.record(session, actor_of(user), "user.sign_in", f"user {user.email}", details=details)


def actor_of(user: User) -> Actor:
    return Actor(user.id, user.email, Origin.PAGE)


def who(database: Database, settings: Settings, token: str, *, clicked: bool = True) -> SignedIn | None:
    """Whose session a cookie's token is; None when it is unknown, ended, idle, expired, or its user
    disabled, or when it was opened by a way that SIGN_IN no longer allows.

    `clicked`: whether a person did something. A page that refreshes itself does not keep a session alive.
    """
    if not token or len(token) > LONGEST_TOKEN:
        return None
    with database.read() as session:
        found = session.execute(
            select(SignInSession, User)
            .join(User, User.id == SignInSession.user_id)
            .where(SignInSession.digest == token_digest(token))
        ).one_or_none()
        now = database_now(session)
    if found is None or not _holds(settings, found[0], found[1], now):
        return None
    kept, user = found
    if clicked and now - kept.seen_at >= SEEN_EVERY:
        _touch(database, kept.id, now)
    return SignedIn(
        user_id=user.id,
        email=user.email,
        name=user.name or user.email,
        session_id=kept.id,
        method=kept.method,
        has_password=user.password_hash is not None,
    )


def sign_out(database: Database, token: str) -> None:
    """End this session; no error when there is none."""
    with database.write() as session:
        kept = session.scalar(select(SignInSession).where(SignInSession.digest == token_digest(token)))
        if kept is None:
            return
        user = session.get_one(User, kept.user_id)
        session.delete(kept)
        audit.record(session, actor_of(user), "user.sign_out", f"user {user.email}")


def sign_out_everywhere(database: Database, actor: Actor, keep: str | None = None) -> int:
    """End all of one's own sessions, but the one whose token is `keep`; how many ended."""
    user_id = require_person(actor)
    with database.write() as session:
        ended = end_others(session, user_id, keep)
        audit.record(
            session, actor, "user.sign_out_everywhere", f"user {actor.name}", details={"sessions": ended}
        )
        return ended


def end_sessions(database: Database, actor: Actor, user_id: int) -> int:
    """End all sessions of somebody else. Raises NotFound, Refused."""
    with database.write() as session:
        user = refuse_strangers(session, actor, user_id)
        ended = end_others(session, user_id, None)
        audit.record(session, actor, "user.end_sessions", f"user {user.email}", details={"sessions": ended})
        return ended


def sessions_of(database: Database, actor: Actor, token: str = "") -> list[SessionView]:
    """One's own sessions, last seen first; the one of `token` is marked `current`."""
    user_id, digest = require_person(actor), token_digest(token)
    with database.read() as session:
        now = database_now(session)
        query = select(SignInSession).where(SignInSession.user_id == user_id, SignInSession.expires_at > now)
        rows = session.scalars(query.order_by(SignInSession.seen_at.desc())).all()
        return [
            SessionView(
                id=row.id,
                method=row.method,
                address=row.address,
                browser=row.browser,
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=row.expires_at,
                current=row.digest == digest,
            )
            for row in rows
        ]


def end_others(session: Session, user_id: int, keep: str | None) -> int:
    """End a person's sessions but the one of the token `keep`; how many ended."""
    chosen = delete(SignInSession).where(SignInSession.user_id == user_id)
    if keep:
        chosen = chosen.where(SignInSession.digest != token_digest(keep))
    return len(session.scalars(chosen.returning(SignInSession.id)).all())


def _holds(settings: Settings, kept: SignInSession, user: User, now: datetime) -> bool:
    idle = now - kept.seen_at > timedelta(hours=settings.session_idle_hours)
    allowed = kept.method in {method.value for method in WAYS[settings.sign_in]}
    return user.enabled and allowed and not idle and now < kept.expires_at


def _touch(database: Database, session_id: int, now: datetime) -> None:
    with database.write() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.id == session_id, SignInSession.seen_at < now)
            .values(seen_at=now)
        )
