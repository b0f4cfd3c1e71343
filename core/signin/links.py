"""One-time links: the local admin's first way in, invitations, and resets."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import add_user, authorise, by_email, refuse_token
from core.db import Database, database_now, insert_once
from core.errors import AlreadyExists, LinkNotValid, Refused
from core.models import Membership, OneTimeLink, User
from core.settings import Settings
from core.signin import passwords
from core.signin.by_password import set_password
from core.signin.keys import new_token, token_digest
from core.signin.people import refuse_strangers
from core.signin.sessions import actor_of, end_others, open_session
from core.signin.values import LINK_PATH, Client, LinkKind, LinkView, Method
from core.terms import Actor, Role

GOOD_FOR = {
    LinkKind.WELCOME: timedelta(days=1),
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.RESET: timedelta(hours=24),
}
NOT_VALID = "This link was used already or is too old; ask for a new one."
LONGEST_TOKEN = 200


def link_address(settings: Settings, token: str) -> str:
    """`{PUBLIC_URL}/welcome/<token>`, for every kind of link."""
    return f"{settings.public_url.rstrip('/')}{LINK_PATH}{token}"


def look_at_link(database: Database, token: str) -> LinkView | None:
    """What a one-time link is for, without using it up; None when it is no longer good."""
    with database.read() as session:
        found = _find(session, token)
        if found is None:
            return None
        link, user = found
        return LinkView(LinkKind(link.kind), user.email, link.expires_at)


def open_link(
    database: Database, settings: Settings, token: str, client: Client, password: str | None = None
) -> str:
    """Use a link up, set the password if one is given, open a session; the token for the cookie.

    Raises LinkNotValid, Refused for a password that is no good or missing (LinkView.needs_password);
    then the link can be used still.
    """
    view = look_at_link(database, token)
    if view is None or settings.sign_in == "proxy":
        raise LinkNotValid(NOT_VALID)
    if view.needs_password and (password is None or settings.sign_in != "accounts"):
        raise Refused("Choose a password first." if settings.sign_in == "accounts" else NOT_VALID)
    digest = None
    if password is not None:
        passwords.refuse_weak(password, view.email)
        digest = passwords.hashed(password)
    with database.write() as session:
        link, user = _use_up(session, token)
        if digest is not None:
            user.password_hash = digest
            end_others(session, user.id, None)
            audit.record(session, actor_of(user), "user.password", f"user {user.email}")
        audit.record(session, actor_of(user), "link.use", f"user {user.email}", details={"kind": link.kind})
        return open_session(session, settings, user, Method.LINK, client)


def make_welcome_link(database: Database, email: str) -> str:
    """A fresh token for the local admin, who has no password yet; earlier unused ones are void."""
    with database.write() as session:
        insert_once(session, User, {"email": email, "name": "Local admin", "enabled": True}, User.id)
        user = by_email(session, email)
        assert user is not None  # it was just made, if it was not there
        if user.password_hash is not None:
            raise Refused(f"{user.email} has a password: sign in with it, or make a reset link.")
        return _make(session, user, LinkKind.WELCOME, None)


def invite(database: Database, actor: Actor, project_id: int, email: str, role: Role) -> str | None:
    """Make somebody a member; the token of their invitation link.

    None for a person who can sign in already (they were added, and need no link), and for one who is
    also in projects that the actor is no admin of (a link would let the actor in there as them).
    With SIGN_IN=oidc or proxy show no link: `open_link` refuses it.
    Raises AlreadyExists, NotAllowed, Refused.
    """
    refuse_token(actor)
    with database.read() as session:
        authorise(session, actor, project_id, Role.ADMIN, "invite people")
        known = by_email(session, email)
        if known is not None and _is_member(session, project_id, known.id):
            raise AlreadyExists("member", known.email)
    user_id = add_user(database, actor, known.email if known else email, role, project_id)
    with database.write() as session:
        user = session.get_one(User, user_id)
        if user.password_hash is not None or user.oidc_subject is not None:
            return None
        try:
            refuse_strangers(session, actor, user_id)
        except Refused:
            return None
        return _make(session, user, LinkKind.INVITATION, actor)


def give_password(database: Database, actor: Actor, user_id: int, password: str) -> None:
    """Set somebody's password from the command line, and end their sessions.

    Raises NotFound, Refused for a password that is no good and for anybody but the product itself.
    """
    if actor.user_id is not None:
        raise Refused("People choose their passwords themselves; make a reset link.")
    with database.read() as session:
        user = refuse_strangers(session, actor, user_id)
    passwords.refuse_weak(password, user.email)
    set_password(database, actor, user, password, None)


def reset_link(database: Database, actor: Actor, user_id: int) -> str:
    """The token of a link by which somebody sets a new password. Raises NotFound, Refused."""
    with database.write() as session:
        user = refuse_strangers(session, actor, user_id)
        if not user.enabled:
            raise Refused(f"{user.email} is disabled; enable the account first.")
        kind = LinkKind.RESET if user.password_hash is not None else LinkKind.INVITATION
        return _make(session, user, kind, actor)


def _make(session: Session, user: User, kind: LinkKind, actor: Actor | None) -> str:
    """A link that replaces the unused ones of its person."""
    now, token = database_now(session), new_token()
    for old in session.scalars(
        select(OneTimeLink).where(OneTimeLink.user_id == user.id, OneTimeLink.used_at.is_(None))
    ):
        session.delete(old)
    link = OneTimeLink(
        digest=token_digest(token),
        kind=kind.value,
        user_id=user.id,
        created_by=actor.user_id if actor else None,
        created_at=now,
        expires_at=now + GOOD_FOR[kind],
    )
    session.add(link)
    if actor is not None:
        audit.record(
            session,
            actor,
            "link.make",
            f"user {user.email}",
            project_id=_any_project(session, user.id),
            details={"kind": kind.value},
        )
    return token


def _is_member(session: Session, project_id: int, user_id: int) -> bool:
    query = select(Membership.id).where(Membership.project_id == project_id, Membership.user_id == user_id)
    return session.scalar(query) is not None


def _any_project(session: Session, user_id: int) -> int | None:
    """A project in whose audit the admins of the person look."""
    query = select(Membership.project_id).where(Membership.user_id == user_id)
    return session.scalar(query.order_by(Membership.id).limit(1))


def _use_up(session: Session, token: str) -> tuple[OneTimeLink, User]:
    found = _find(session, token, lock=True)
    if found is None:
        raise LinkNotValid(NOT_VALID)
    found[0].used_at = database_now(session)
    return found


def _find(session: Session, token: str, lock: bool = False) -> tuple[OneTimeLink, User] | None:
    if not token or len(token) > LONGEST_TOKEN:
        return None
    query = select(OneTimeLink).where(OneTimeLink.digest == token_digest(token))
    link = session.scalar(query.with_for_update() if lock else query)
    if link is None or not _good(link, database_now(session)):
        return None
    user = session.get(User, link.user_id)
    return None if user is None or not user.enabled else (link, user)


def _good(link: OneTimeLink, now: datetime) -> bool:
    return link.used_at is None and now < link.expires_at
