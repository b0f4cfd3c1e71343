"""Who somebody is by what their browser brought: asked again at every request, message and rerun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from core import signin
from core.db import Database
from core.settings import Settings
from core.signin import SignedIn
from dashboard.gate import addresses
from dashboard.gate.cookies import session_cookie

PEER_HEADER = "x-plumbline-peer"
"""In it the gate tells a page's script the peer of the connection, after dropping what the browser sent."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A session's token, the value of PROXY_HEADER, and the peer; each empty where there is none."""

    token: str = ""
    proxied: str = ""
    peer: str = ""


def presented(connection: HTTPConnection, settings: Settings) -> Presented:
    """What a request or a WebSocket brought."""
    header = connection.headers.getlist(settings.proxy_header)
    return gather(settings, connection.cookies, header, addresses.peer(connection))


def gather(settings: Settings, cookies: Mapping[str, str], header: Sequence[str], peer: str) -> Presented:
    """A header that came twice counts as none: one of the two may be the visitor's own."""
    token = cookies.get(session_cookie(settings), "")
    return Presented(token, header[0] if len(header) == 1 else "", peer)


def recognise(
    database: Database, settings: Settings, brought: Presented, *, clicked: bool = True
) -> SignedIn | None:
    """The person, None for nobody who may enter. `clicked`: whether they did something themselves."""
    if settings.sign_in == "proxy":
        return signin.sign_in_proxy(database, settings, brought.proxied, brought.peer)
    return signin.who(database, settings, brought.token, clicked=clicked) if brought.token else None
