"""Under which names the dashboard answers.

A web page elsewhere can point its own name at this server and would then count as the same origin. So only
names that are ours are answered: those of this machine, that of PUBLIC_URL and those an operator lists.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.settings import Settings
from dashboard.gate.paths import HEALTH

NAMES_OF_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
ANY = "*"
NOT_OURS = (
    "Plumbline does not answer under this name. Whoever runs it sets PUBLIC_URL to the address that people "
    "open, and lists further names in ALLOWED_HOSTS."
)


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Host names without a port, in lower case; `*` among them stands for any."""
    named = urlsplit(settings.public_url).hostname or ""
    listed = (settings.allowed_hosts or "").lower().split(",")
    listens = "" if _is_everywhere(settings.plumbline_host) else settings.plumbline_host.lower()
    ours = {named, listens, *(one.strip().strip("[]") for one in listed)}
    return NAMES_OF_THIS_MACHINE | (ours - {""})


class KnownHosts:
    """ASGI middleware that refuses other names. /healthz is open to any: load balancers ask by address,
    and it tells strangers one word."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.hosts = allowed_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] == HEALTH or self._is_ours(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(NOT_OURS, 400)(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        return ANY in self.hosts or _name(HTTPConnection(scope).headers.get("host", "")) in self.hosts


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
