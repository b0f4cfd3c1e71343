"""`GET /api/metrics/{id}/live`: what a judge in production reads, whole and cheap to ask again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import metrics
from core.db import Database, DatabaseAway
from core.errors import NotFound, TokenRefused
from core.terms import Actor
from mcp_server.door import AWAY_SECONDS, visitor

LIVE_PATH = "/api/metrics/{metric_id:int}/live"
AWAY = "The database does not answer right now; keep the definition you have and try again in a minute."
CACHING = {"Cache-Control": "private, no-cache"}
"""A client keeps it, and asks each time whether it is still the same."""


def live_definition(database: Database) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. Its answers are 200, 304 to a matching If-None-Match, 401, 503, and 404 also for a metric
    of another project."""

    async def endpoint(request: Request) -> Response:
        return await anyio.to_thread.run_sync(_answer, database, request)

    return endpoint


def _answer(database: Database, request: Request) -> Response:
    try:
        return _live(database, visitor(), request)
    except TokenRefused as refusal:  # the door says which of the reasons it was
        return _refused(401, "invalid_token", str(refusal))
    except NotFound as error:
        return _refused(404, "not_found", str(error))
    except DatabaseAway:
        return _refused(503, "unavailable", AWAY, {"Retry-After": AWAY_SECONDS.decode()})


def _live(database: Database, actor: Actor, request: Request) -> Response:
    found = metrics.retrieve(database, actor, int(request.path_params["metric_id"]))
    tag = metrics.live_tag(found)
    headers = {"ETag": tag, **CACHING}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return JSONResponse(metrics.live_json(found), headers=headers)


def _tags(header: str) -> set[str]:
    """The tags of If-None-Match, compared weakly (RFC 9110, section 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _refused(
    status: int, error: str, sentence: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = {"error": error, "error_description": sentence}
    return JSONResponse(body, status_code=status, headers=headers)
