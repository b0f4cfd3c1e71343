"""Free ports, each as near as possible to the one that was wished for."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_address

LAST_PORT = 65_535


class NoFreePort(Exception):
    """No port from {wanted} upwards is free."""


class NotOurAddress(Exception):
    """PLUMBLINE_HOST={host} is no IPv4 address of this machine."""


def require_local(host: str) -> None:
    """Raise NotOurAddress unless a server on this machine can listen there."""
    with socket.socket() as server:
        try:
            server.bind((host, 0))
        except OSError as error:
            raise NotOurAddress(f"PLUMBLINE_HOST={host} is no IPv4 address of this machine.") from error


def is_taken(host: str, port: int) -> bool:
    """Whether something answers on the port already, or it cannot be bound.

    Asked both ways: on macOS an address can be bound beside a server that listens on all of them.
    """
    with socket.socket() as client:
        client.settimeout(0.5)
        if client.connect_ex((reachable(host), port)) == 0:
            return True
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((host, port))
        except OSError:
            return True
    return False


def reachable(host: str) -> str:
    """The address by which this machine reaches a server that listens on `host`."""
    return "127.0.0.1" if host == "localhost" or _every_address(host) else host


def _every_address(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def choose(wanted: Mapping[str, int], taken: Callable[[int], bool]) -> dict[str, int]:
    """A port of its own for each name: the wanted one, or the next that is free.

    Raises NoFreePort.
    """
    chosen: dict[str, int] = {}
    for name, first in wanted.items():
        free = (
            port for port in range(first, LAST_PORT + 1) if port not in chosen.values() and not taken(port)
        )
        port = next(free, None)
        if port is None:
            raise NoFreePort(f"No port from {first} upwards is free for {name}.")
        chosen[name] = port
    return chosen
