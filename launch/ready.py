"""Waiting until the parts answer."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

LOCAL = "127.0.0.1"
NONE: Mapping[str, int] = MappingProxyType({})
EXPECTED = ("worker", "scheduler")
"""What must have beaten before Plumbline counts as started; the page itself answers the question."""


def health(host: str, port: int) -> dict[str, Any] | None:
    """The body of /healthz, or None while the page does not answer.

    Asked without urllib, which would send it to the proxy that the environment names.
    """
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        found = json.loads(answer.read()) if answer.status == http.client.OK else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return found if isinstance(found, dict) else None


def missing(found: dict[str, Any] | None) -> list[str]:
    """The parts that are not up yet, according to a health answer."""
    if found is None:
        return ["web", *EXPECTED]
    return [name for name in EXPECTED if not found[name]["ok"]]


def silent(listeners: Mapping[str, int]) -> list[str]:
    """The parts whose port on this machine takes no connection yet."""
    return [name for name, port in listeners.items() if not _listens(port)]


def wait(
    host: str,
    port: int,
    seconds: float,
    going_on: Callable[[], bool],
    listeners: Mapping[str, int] = NONE,
) -> list[str]:
    """Ask until every part is up, `seconds` have passed or `going_on` says no; what is still missing."""
    deadline = time.monotonic() + seconds
    while True:
        absent = [*missing(health(host, port)), *silent(listeners)]
        if not absent or time.monotonic() > deadline or not going_on():
            return absent
        time.sleep(0.2)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOCAL, port), timeout=2).close()
    except OSError:
        return False
    return True
