"""`python -m mcp_server` serves MCP over HTTP on this machine, `--stdio` over standard input and output."""

from __future__ import annotations

import argparse
import logging
import sys

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from core.db import Database
from core.errors import PlumblineError
from core.migrations import require_current_revision
from core.settings import load_settings
from mcp_server.server import build_server

LOCAL = "127.0.0.1"
NAMES_OF_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")
LOOPBACK_ONLY = TransportSecuritySettings(
    enable_dns_rebinding_protection=True,
    allowed_hosts=[f"{name}:*" for name in NAMES_OF_THIS_MACHINE],
    allowed_origins=[f"http://{name}:*" for name in NAMES_OF_THIS_MACHINE],
)
"""A web page that rebinds its own name to this machine is refused by its Host and Origin headers."""
GOODBYE_SECONDS = 3
"""How long a client's open stream may delay the end of the server."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mcp_server", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="serve one client over stdin and stdout")
    stdio = parser.parse_args().stdio
    settings = load_settings()
    # To stderr, also in stdio mode, where stdout belongs to the protocol.
    logging.basicConfig(level=settings.log_level.upper(), stream=sys.stderr)
    database = Database(settings.database)
    try:
        require_current_revision(database)
    except PlumblineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    server = build_server(database, settings.admin_email)
    if stdio:
        server.run("stdio")
    else:
        _serve_http(server, settings.mcp_port)
    return 0


def _serve_http(server: MCPServer, port: int) -> None:
    """Stateless: a client notices nothing when the server was started again between two calls."""
    app = server.streamable_http_app(
        streamable_http_path="/mcp", stateless_http=True, transport_security=LOOPBACK_ONLY
    )
    uvicorn.run(app, host=LOCAL, port=port, log_config=None, timeout_graceful_shutdown=GOODBYE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
