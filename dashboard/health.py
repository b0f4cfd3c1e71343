"""GET /healthz: is everything there that a run needs? As JSON.

The status is 200 whenever this process can answer, and the body's `status` says ok or degraded. A
platform restarts what answers otherwise, and restarting the web process heals neither a worker nor
Redis; a monitor reads the body. Who is signed in sees each part and the version, anybody else the
status alone: names of servers and versions help an attacker.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from core import health
from core.db import DatabaseAway
from core.signin import SignedIn
from dashboard import product
from dashboard.gate import identity


def healthz(request: Request) -> JSONResponse:
    """Not async: it asks the database and Redis, and Starlette runs it in a thread."""
    found = health.check(product.settings(), product.database()).as_json()
    return JSONResponse(found if _visitor(request) else {"status": found["status"]})


def _visitor(request: Request) -> SignedIn | None:
    brought = identity.presented(request, product.settings())
    try:
        return identity.recognise(product.database(), product.settings(), brought)
    except DatabaseAway:
        return None
