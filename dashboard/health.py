"""GET /healthz: what `core.health` found, as JSON.

The status is 200 whenever this process can answer, and the body's `status` says ok or degraded. A
platform restarts what answers otherwise, and restarting the web process heals neither a worker nor
Redis; a monitor reads the body.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from core import health
from dashboard import product


def healthz(_request: Request) -> JSONResponse:
    """Not async: it asks the database and Redis, and Starlette runs it in a thread."""
    found = health.check(product.settings(), product.database())
    return JSONResponse(found.as_json(), headers={"Cache-Control": "no-store"})
