"""Wrong passwords make the next attempt wait: per account and per client, and never for ever.

The count is in the database, so that it holds over several web processes and a restart.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import database_now, insert_once
from core.errors import TooManyAttempts
from core.models import SignInFailure
from core.neighbourhood import neighbourhood
from core.signin.values import Client

FREE_OF_ACCOUNT, FREE_OF_ADDRESS = 5, 20
"""Wrong passwords before anybody waits. Many people may share one address, nobody shares an account."""
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


def keys_of(email: str, client: Client) -> dict[str, int]:
    """What the failures are counted under, and how many each has free."""
    return {
        f"account:{email.casefold()[:320]}": FREE_OF_ACCOUNT,
        f"address:{neighbourhood(client.address)[:100]}": FREE_OF_ADDRESS,
    }


def refuse_too_early(session: Session, email: str, client: Client) -> None:
    """Raise TooManyAttempts while the account or the client has to wait."""
    now = database_now(session)
    blocked = session.scalars(
        select(SignInFailure.blocked_until).where(
            SignInFailure.key.in_(keys_of(email, client)), SignInFailure.blocked_until > now
        )
    ).all()
    until = max((one for one in blocked if one is not None), default=None)
    if until is not None:
        seconds = int((until - now).total_seconds()) + 1
        wait = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
        raise TooManyAttempts(f"Too many wrong passwords; try again in {wait}.")


def count_failure(session: Session, email: str, client: Client) -> None:
    """One more wrong password; from the free ones on, each doubles the wait, from 2 s up to 15 minutes."""
    now = database_now(session)
    session.execute(delete(SignInFailure).where(SignInFailure.failed_at < now - FORGOTTEN_AFTER))
    for key, free in keys_of(email, client).items():
        insert_once(session, SignInFailure, {"key": key, "failures": 0, "failed_at": now}, SignInFailure.key)
        found = session.get_one(SignInFailure, key, with_for_update=True)
        found.failures += 1
        found.failed_at = now
        found.blocked_until = _until(now, found.failures - free)


def forget_failures(session: Session, email: str) -> None:
    """The right password clears the account's count; the client's stays, or one account would free it."""
    session.execute(delete(SignInFailure).where(SignInFailure.key == f"account:{email.casefold()[:320]}"))


def _until(now: datetime, too_many: int) -> datetime | None:
    if too_many <= 0:
        return None
    return now + min(LONGEST_WAIT, timedelta(seconds=2.0 ** min(too_many, 12)))
