"""What is served to anybody, and where a person may be sent after signing in."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.routing import compile_path

SIGN_IN, SIGN_OUT, WELCOME = "/sign-in", "/sign-out", "/welcome/{token}"
STYLE, ICON = "/sign-in/style.css", "/sign-in/plumbline.png"
OIDC, OIDC_CALLBACK = "/sign-in/oidc", "/sign-in/callback"
UNSUBSCRIBE = "/unsubscribe/{token}"
HEALTH = "/healthz"

OPEN = (HEALTH, SIGN_IN, STYLE, ICON, OIDC, OIDC_CALLBACK, SIGN_OUT, WELCOME, UNSUBSCRIBE)
"""All there is without a sign-in. Each is a route of its own, never a folder: below a folder Streamlit
would answer for whatever no route of ours knows."""

HOME = "/"
_PATTERNS = tuple(compile_path(path)[0] for path in OPEN)


def is_open(path: str) -> bool:
    return any(pattern.match(path) for pattern in _PATTERNS)


def safe_next(wanted: str) -> str:
    """`wanted` where it is a path on this site, else the first page.

    A browser drops tabs and line breaks from an address and reads a backslash as a slash, so that
    `/\\evil.example` and `/<tab>/evil.example` lead to another site.
    """
    strange = any(character <= " " or character in "\\\x7f" for character in wanted)
    if strange or not wanted.startswith("/") or wanted.startswith("//"):
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or is_open(parts.path) else wanted


def sign_in_address(wanted: str = HOME) -> str:
    """The sign-in page that leads on to `wanted`."""
    wanted = safe_next(wanted)
    return SIGN_IN if wanted == HOME else f"{SIGN_IN}?next={quote(wanted, safe='/')}"
