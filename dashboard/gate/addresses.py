"""Where a request comes from, and whether a page of another site sent it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from core.settings import Settings
from core.signin import Client, is_trusted

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
BROWSER_CHARACTERS = 300


def peer(connection: HTTPConnection) -> str:
    """The other end of the connection itself, whatever headers claim."""
    return connection.client.host if connection.client else ""


def client(connection: HTTPConnection, settings: Settings) -> Client:
    """Who asks, for the list of sessions and for slowing down wrong passwords.

    Only one of PROXY_ADDRESSES is believed about whom it speaks for: the last address that it, or a
    proxy before it that is trusted as well, did not add itself.
    """
    found = peer(connection)
    hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    while hops and is_trusted(settings, found):
        found = hops.pop().strip() or found
    return Client(found[:100], connection.headers.get("user-agent", "")[:BROWSER_CHARACTERS])


def is_proxy(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether one of PROXY_ADDRESSES itself is at the other end."""
    return is_trusted(settings, peer(connection))


def is_foreign(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether a page of another site is behind a request that may change something, or a WebSocket.

    Browsers say so themselves, in Sec-Fetch-Site or at least in Origin; what sends neither is no browser,
    and has no cookie that it did not bring on purpose.
    """
    if connection.scope["type"] == "http" and connection.scope["method"] in SAFE_METHODS:
        return False
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = connection.headers.get("origin")
    ours = {connection.headers.get("host", ""), urlsplit(settings.public_url).netloc}
    return origin is not None and _netloc(origin) not in ours


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
