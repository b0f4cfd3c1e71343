"""The fields of a form that a browser sent, and checking passwords beside the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qs

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request

MAX_BYTES = 16_384
AT_ONCE = 2
"""Passwords checked at a time: each takes 64 MB of memory and a processor, on purpose."""

Q = ParamSpec("Q")
T = TypeVar("T")
_checks = CapacityLimiter(AT_ONCE)


async def fields(request: Request) -> dict[str, str]:
    """Each field's first value. Empty for a body that is too long or not a form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return {}
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


async def in_turn(work: Callable[Q, T], *args: Q.args, **kwargs: Q.kwargs) -> T:
    """Do slow work in a thread, few at a time: a flood of sign-ins fills neither memory nor threads."""
    return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=_checks)
