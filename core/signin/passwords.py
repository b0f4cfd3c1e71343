"""Passwords: argon2id with the library's current parameters (RFC 9106), and which ones are refused."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Refused

SHORTEST, LONGEST = 12, 1_000
HASHER = PasswordHasher()


def hashed(password: str) -> str:
    return HASHER.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Takes as long for nobody as for somebody, so that time tells nothing."""
    try:
        return HASHER.verify(password_hash or _nobody(), password[:LONGEST]) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether the parameters were strengthened since this was hashed."""
    return HASHER.check_needs_rehash(password_hash)


def refuse_weak(password: str, email: str) -> None:
    """Raise Refused for a password that is no good.

    Length is what counts (NIST SP 800-63B): no rules about digits or signs.
    """
    if len(password) < SHORTEST:
        raise Refused(f"A password needs at least {SHORTEST} characters; a few words in a row are good.")
    if len(password) > LONGEST:
        raise Refused(f"A password has at most {LONGEST} characters.")
    lowered = password.casefold()
    if lowered in (email.casefold(), email.partition("@")[0].casefold()) or len(set(password)) < 4:
        raise Refused("That password is too easy to guess; take a few words in a row.")


@cache
def _nobody() -> str:
    return HASHER.hash("nobody has this password")
