"""Signing in with a password, and changing it."""

from __future__ import annotations

from core import audit
from core.accounts import by_email
from core.db import Database
from core.errors import Refused, SignInRefused
from core.models import User
from core.settings import Settings
from core.signin import passwords
from core.signin.people import require_person
from core.signin.sessions import actor_of, end_others, open_session
from core.signin.slowing import count_failure, forget_failures, refuse_too_early
from core.signin.values import Client, Method
from core.storable import storable_text
from core.terms import Actor, Origin

WRONG = "The email address or the password is wrong."
SHOWN_ADDRESS = 80


def sign_in(database: Database, settings: Settings, email: str, password: str, client: Client) -> str:
    """Check a password and open a session; the token for the cookie.

    Raises SignInRefused (never which of the two was wrong), TooManyAttempts (its message says how long
    to wait). Takes about 0.1 s of processor: call it from a thread, not from the event loop.
    """
    if settings.sign_in != "accounts":
        raise SignInRefused("People sign in elsewhere here, not with a password.")
    email = storable_text(email)
    user = checked(database, email, password, client)
    if user is None:
        raise SignInRefused(WRONG)
    with database.write() as session:
        found = session.get_one(User, user.id, with_for_update=True)
        if not found.enabled or found.password_hash != user.password_hash:
            raise SignInRefused(WRONG)
        forget_failures(session, email)
        if passwords.outdated(found.password_hash or ""):
            found.password_hash = passwords.hashed(password)
        return open_session(session, settings, found, Method.PASSWORD, client)


def change_password(
    database: Database, settings: Settings, actor: Actor, old: str, new: str, keep: str | None
) -> None:
    """Set one's password and end one's other sessions (`keep`: the token of this one).

    `old` is not looked at while there is no password yet (after a welcome link: SignedIn.has_password).
    Raises SignInRefused for a wrong old one, TooManyAttempts, Refused for a new one that is no good.
    """
    if settings.sign_in != "accounts":
        raise Refused("People sign in elsewhere here, so there is no password to change.")
    user_id = require_person(actor)
    with database.read() as session:
        user = session.get_one(User, user_id)
    passwords.refuse_weak(new, user.email)
    client = Client(f"user {user_id}", "")
    if user.password_hash is not None and checked(database, user.email, old, client) is None:
        raise SignInRefused("The old password is wrong.")
    set_password(database, actor, user, new, keep)


def set_password(database: Database, actor: Actor, user: User, new: str, keep: str | None) -> None:
    """Store the new password if nobody changed it meanwhile, and end the other sessions."""
    digest = passwords.hashed(new)
    with database.write() as session:
        found = session.get_one(User, user.id, with_for_update=True)
        if found.password_hash != user.password_hash:
            raise SignInRefused("The password was changed meanwhile; sign in again.")
        found.password_hash = digest
        if actor.user_id is None:
            found.vouched_by = None
        end_others(session, user.id, keep)
        audit.record(session, actor, "user.password", f"user {found.email}")


def checked(database: Database, email: str, password: str, client: Client) -> User | None:
    """The user whose password this is. The slow part runs in no transaction. Raises TooManyAttempts."""
    with database.read() as session:
        refuse_too_early(session, email, client)
        user = by_email(session, email)
    known = user.password_hash if user is not None and user.enabled else None
    if passwords.is_right(known, password):
        return user
    with database.write() as session:
        count_failure(session, email, client)
        tried = actor_of(user) if user is not None else Actor(None, email[:SHOWN_ADDRESS], Origin.PAGE)
        details = {"address": client.address}
        subject = f"user {email[:SHOWN_ADDRESS]}"
        audit.record(session, tried, "user.sign_in_refused", subject, details=details)
    return None
