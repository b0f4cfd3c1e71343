"""Waiting until the parts answer."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

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


def wait(host: str, port: int, seconds: float, going_on: Callable[[], bool]) -> list[str]:
    """Ask until every part is up, `seconds` have passed or `going_on` says no; what is still missing."""
    deadline = time.monotonic() + seconds
    while True:
        absent = missing(health(host, port))
        if not absent or time.monotonic() > deadline or not going_on():
            return absent
        time.sleep(0.2)
