"""One-time links: the local admin's first way in, invitations, and resets."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import by_email, find_project, membership_of, product, put_in
from core.db import Database, database_now, insert_once
from core.errors import LinkNotValid, Refused, SignInRefused
from core.models import Membership, OneTimeLink, User
from core.settings import Settings
from core.signin import passwords
from core.signin.by_password import checked, set_password
from core.signin.keys import new_token, token_digest
from core.signin.people import refuse_strangers
from core.signin.sessions import actor_of, end_others, open_session
from core.signin.values import LINK_PATH, Client, LinkKind, LinkView, Method
from core.signin.vouching import maker_still_may
from core.terms import Actor, Role

GOOD_FOR = {
    LinkKind.WELCOME: timedelta(days=1),
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.RESET: timedelta(hours=24),
    LinkKind.MEMBERSHIP: timedelta(days=7),
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
        into = "" if link.project_id is None else find_project(session, link.project_id).name
        return LinkView(LinkKind(link.kind), user.email, link.expires_at, into)


def open_link(
    database: Database, settings: Settings, token: str, client: Client, password: str | None = None
) -> str:
    """Use a link up, set the password or become a member by it, open a session; the token for the cookie.

    Raises LinkNotValid, Refused for a password that is no good or missing (LinkView.needs_password), and
    SignInRefused for a wrong one at a membership link; then the link can be used still.
    """
    view = look_at_link(database, token)
    if view is None or settings.sign_in == "proxy":
        raise LinkNotValid(NOT_VALID)
    if view.needs_password and (password is None or settings.sign_in != "accounts"):
        raise Refused("Choose a password first." if settings.sign_in == "accounts" else NOT_VALID)
    joins = view.kind is LinkKind.MEMBERSHIP
    if joins and checked(database, view.email, password or "", client) is None:
        raise SignInRefused("The password is wrong.")
    digest = None if joins or password is None else _new_digest(password, view.email)
    with database.write() as session:
        link, user = _use_up(session, token)
        if digest is not None:
            user.password_hash, user.vouched_by = digest, link.created_by
            end_others(session, user.id, None)
            audit.record(session, actor_of(user), "user.password", f"user {user.email}")
        if joins:
            _become_member(session, link, user)
        _record(session, actor_of(user), "link.use", link, user)
        return open_session(session, settings, user, Method.LINK, client)


def make_welcome_link(database: Database, email: str) -> str:
    """A fresh token for the local admin, who has no password yet; earlier unused ones are void."""
    with database.write() as session:
        insert_once(session, User, {"email": email, "name": "Local admin", "enabled": True}, User.id)
        user = by_email(session, email)
        assert user is not None  # it was just made, if it was not there
        if user.password_hash is not None:
            raise Refused(f"{user.email} has a password: sign in with it, or make a reset link.")
        return make_link(session, user, LinkKind.WELCOME, None)


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
        return make_link(session, user, kind, actor)


def make_link(
    session: Session,
    user: User,
    kind: LinkKind,
    actor: Actor | None,
    project_id: int | None = None,
    role: Role | None = None,
) -> str:
    """The token of a link that replaces the unused ones of its person, or of its person into its project."""
    now, token = database_now(session), new_token()
    session.execute(
        delete(OneTimeLink).where(
            OneTimeLink.user_id == user.id,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.project_id.is_not_distinct_from(project_id),
        )
    )
    link = OneTimeLink(
        digest=token_digest(token),
        kind=kind.value,
        user_id=user.id,
        project_id=project_id,
        role=role,
        created_by=actor.user_id if actor else None,
        created_at=now,
        expires_at=now + GOOD_FOR[kind],
    )
    session.add(link)
    if actor is not None:
        _record(session, actor, "link.make", link, user)
    return token


def _new_digest(password: str, email: str) -> str:
    passwords.refuse_weak(password, email)
    return passwords.hashed(password)


def _become_member(session: Session, link: OneTimeLink, user: User) -> None:
    """In the name of who invited them. Who was added otherwise meanwhile keeps their role."""
    assert link.project_id is not None and link.role is not None  # a membership link has both
    inviter = product() if link.created_by is None else actor_of(session.get_one(User, link.created_by))
    if membership_of(session, link.project_id, user.id) is None:
        put_in(session, inviter, link.project_id, user, Role(link.role))


def _record(session: Session, actor: Actor, action: str, link: OneTimeLink, user: User) -> None:
    """For the admins of the link's project, else of one of the person's."""
    audit.record(
        session,
        actor,
        action,
        f"user {user.email}",
        project_id=link.project_id or _any_project(session, user.id),
        details={"kind": link.kind} | ({"role": Role(link.role).name.lower()} if link.role else {}),
    )


def _any_project(session: Session, user_id: int) -> int | None:
    """A project in whose audit the admins of the person look."""
    query = select(Membership.project_id).where(Membership.user_id == user_id)
    return session.scalar(query.order_by(Membership.id).limit(1))


def _use_up(session: Session, token: str) -> tuple[OneTimeLink, User]:
    known = _find(session, token)
    if known is not None:  # the person is locked before the link, in the order of whoever disables them
        session.get(User, known[1].id, with_for_update={"key_share": True})
    found = _find(session, token, lock=True)
    if found is None:
        raise LinkNotValid(NOT_VALID)
    found[0].used_at = database_now(session)
    return found


def _find(session: Session, token: str, lock: bool = False) -> tuple[OneTimeLink, User] | None:
    if not token or len(token) > LONGEST_TOKEN:
        return None
    query = select(OneTimeLink).where(OneTimeLink.digest == token_digest(token))
    locking = query.with_for_update().execution_options(populate_existing=True)
    link = session.scalar(locking if lock else query)
    if link is None or not _good(session, link):
        return None
    user = session.get(User, link.user_id)
    return None if user is None or not user.enabled else (link, user)


def _good(session: Session, link: OneTimeLink) -> bool:
    unused = link.used_at is None and database_now(session) < link.expires_at
    return unused and maker_still_may(session, link)
