"""How a client is told where the MCP server is."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from core.settings import Settings

PATH = "/mcp"


def mcp_address(settings: Settings) -> str:
    """Where clients reach the MCP server: at MCP_PUBLIC_URL, which a proxy in front of it has; without one
    on this machine, or under the host of PUBLIC_URL once the network is listened to."""
    if settings.mcp_public_url:
        given = settings.mcp_public_url.rstrip("/")
        return given if urlsplit(given).path else given + PATH
    host = urlsplit(settings.public_url).hostname if _open(settings.plumbline_host) else None
    host = host or "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.mcp_port}{PATH}"


def live_address(settings: Settings, metric_id: int) -> str:
    """Where the live definition of a metric is read, whole, by whatever judges by it."""
    return f"{mcp_address(settings).removesuffix(PATH)}/api/metrics/{metric_id}/live"


def claude_command(address: str, token: str) -> str:
    """The line that makes Plumbline's tools known to Claude Code."""
    return f'claude mcp add --transport http plumbline {address} --header "Authorization: Bearer {token}"'


def _open(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
