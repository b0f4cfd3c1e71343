"""Run in a process of its own: prints every route of the dashboard, ours and Streamlit's, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from dashboard.app import app


def listed(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method (or WEBSOCKET, or MOUNT) and path of each route."""
    for route in routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in sorted(route.methods or {"GET"}))
        elif isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", route.path
        elif isinstance(route, Mount):
            yield "MOUNT", route.path
        else:
            raise TypeError(f"a kind of route that this walk does not know: {route!r}")


print(json.dumps(list(listed(app._build_starlette_app().routes))))
