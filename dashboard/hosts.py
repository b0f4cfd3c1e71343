"""Under which names the dashboard answers.

A web page elsewhere can point its own name at 127.0.0.1 and would then count as the same origin. So
while only this machine is listened to, only its names and that of PUBLIC_URL are answered.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from core.settings import Settings

NAMES_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


def allowed_hosts(settings: Settings) -> list[str]:
    """Host names for Starlette's TrustedHostMiddleware; `*` once the network is listened to."""
    if not _is_loopback(settings.plumbline_host):
        return ["*"]
    public = urlsplit(settings.public_url).hostname
    return [*NAMES_OF_THIS_MACHINE, *([public] if public else [])]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
