"""What this installation signs with and how a token is kept: never itself, only its digest."""

from __future__ import annotations

import hashlib
import secrets

from core.settings import Settings
from core.vault import private_text

COOKIE_KEY_FILE = "cookie.key"
RANDOM_BYTES = 32


def cookie_secret(settings: Settings) -> str:
    """COOKIE_SECRET, or the content of a private file in PLUMBLINE_HOME, made on first use."""
    if settings.cookie_secret is not None:
        return settings.cookie_secret.get_secret_value()
    return private_text(settings.plumbline_home / COOKIE_KEY_FILE)


def new_token() -> str:
    """256 random bits in URL-safe text: of a session or of a one-time link."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def token_digest(token: str) -> str:
    """SHA-256 (hex). A random token needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
