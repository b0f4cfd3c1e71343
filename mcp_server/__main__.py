"""`python -m mcp_server` serves MCP over HTTP, where every request needs an API token; `--stdio` serves one
client over standard input and output, for the token in PLUMBLINE_TOKEN or else for the local admin: whoever
can start it has the database, too."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import uvicorn
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from core import accounts, signin
from core.db import Database, DatabaseAway
from core.errors import PlumblineError
from core.migrations import require_current_revision
from core.settings import Settings, load_settings
from core.signin.binding import is_loopback
from core.terms import Actor, Origin
from core.tokens import actor_of_token
from mcp_server.attempts import Attempts
from mcp_server.desk import Desk
from mcp_server.door import Door, TokensOfPlumbline, visitor
from mcp_server.live import LIVE_PATH, live_definition
from mcp_server.server import build_server

NAMES_OF_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")
ANY_NAME = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""On a network, where the server has names of its own: what such a page lacks is a token."""
NO_ISSUER = AuthSettings.model_validate({"issuer_url": "http://localhost", "resource_server_url": None})
"""The SDK wants one and shows it to nobody: tokens are made on a page."""
MCP_PATH = "/mcp"
GOODBYE_SECONDS = 3
"""How long requests that are being answered may delay the end of the server."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mcp_server", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="serve one client over stdin and stdout")
    stdio = parser.parse_args().stdio
    settings = load_settings()
    # To stderr, also in stdio mode, where stdout belongs to the protocol.
    logging.basicConfig(level=settings.log_level.upper(), stream=sys.stderr)
    logging.getLogger("mcp").setLevel(max(logging.WARNING, logging.root.level))  # it tells every answer
    database = Database(settings.database)
    try:
        require_current_revision(database)
        if stdio:
            build_server(Desk(database, settings, _local(settings, database))).run("stdio")
        else:
            _serve_http(settings, database)
    except PlumblineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except DatabaseAway:
        sys.stderr.write("The database does not answer: check DATABASE_URL.\n")
        return 1
    return 0


def http_app(settings: Settings, database: Database, security: TransportSecuritySettings) -> ASGIApp:
    """Stateless: a client notices nothing when the server was started again between two calls."""
    desk = Desk(database, settings, visitor)
    server = build_server(desk, auth=NO_ISSUER, tokens=TokensOfPlumbline(database))
    server.custom_route(LIVE_PATH, methods=["GET"])(live_definition(database))
    app = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        stateless_http=True,
        json_response=True,  # no tool speaks in between, and a stream an answer costs a fifth of its time
        transport_security=security,
    )
    app.router.routes.insert(0, Route(MCP_PATH, _no_stream, methods=["GET"]))
    return Door(app, Attempts())


def _no_stream(request: Request) -> Response:
    """What a server without messages of its own answers (MCP, Streamable HTTP, “Listening for Messages”):
    a stream for each client would stay open for nothing."""
    return Response(status_code=405, headers={"Allow": "POST"})


def loopback_only(settings: Settings) -> TransportSecuritySettings:
    """A web page that rebinds its own name to this machine is refused by its Host and Origin headers; a proxy
    that passes on the name in MCP_PUBLIC_URL is not."""
    hosts = [f"{name}:*" for name in NAMES_OF_THIS_MACHINE]
    origins = [f"http://{name}:*" for name in NAMES_OF_THIS_MACHINE]
    if settings.mcp_public_url:
        public = urlsplit(settings.mcp_public_url)
        hosts.append(public.netloc)
        origins.append(f"{public.scheme}://{public.netloc}")
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=origins
    )


def _serve_http(settings: Settings, database: Database) -> None:
    """On this machine, or on PLUMBLINE_HOST where it is safe to. Raises Refused where it is not."""
    security = loopback_only(settings)
    if not is_loopback(settings.plumbline_host):
        signin.refuse_open_binding(settings, database)
        security = ANY_NAME
    uvicorn.run(
        http_app(settings, database, security),
        host=settings.plumbline_host,
        port=settings.mcp_port,
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )


def _local(settings: Settings, database: Database) -> Callable[[], Actor]:
    """Whom standard input speaks for, asked at each call. Raises TokenRefused for a token that is no good."""
    if settings.plumbline_token is None:
        return partial(accounts.local_admin, database, settings.admin_email, Origin.MCP)
    ask = partial(actor_of_token, database, settings.plumbline_token.get_secret_value().strip(), Origin.MCP)
    ask()
    return ask


if __name__ == "__main__":
    sys.exit(main())
