"""Waiting until the parts answer."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.health import Health

LOCAL = "127.0.0.1"
NONE: Mapping[str, int] = MappingProxyType({})


def web_answers(host: str, port: int) -> bool:
    """Whether the page is served. What it says of the other parts is for who is signed in.

    Asked without urllib, which would send it to the proxy that the environment names.
    """
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def missing(web: bool, found: Health) -> list[str]:
    """The parts that are not up yet; a worker and a scheduler are once they gave a sign of life."""
    up = {"web": web, "worker": found.worker.ok, "scheduler": found.scheduler.ok}
    return [name for name, there in up.items() if not there]


def silent(listeners: Mapping[str, int]) -> list[str]:
    """The parts whose port on this machine takes no connection yet."""
    return [name for name, port in listeners.items() if not _listens(port)]


def wait(
    host: str,
    port: int,
    seconds: float,
    going_on: Callable[[], bool],
    look: Callable[[], Health],
    listeners: Mapping[str, int] = NONE,
) -> list[str]:
    """Ask until every part is up, `seconds` have passed or `going_on` says no; what is still missing."""
    deadline = time.monotonic() + seconds
    while True:
        absent = [*missing(web_answers(host, port), look()), *silent(listeners)]
        if not absent or time.monotonic() > deadline or not going_on():
            return absent
        time.sleep(0.2)


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOCAL, port), timeout=2).close()
    except OSError:
        return False
    return True
