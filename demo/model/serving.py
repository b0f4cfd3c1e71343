"""Running the server: in this process, or in a thread beside the caller."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn

from demo.model.server import DemoModel

KEEP_ALIVE_SECONDS = 75
"""Longer than a client's pool keeps a connection, so that the client is the one to close it."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    # Inherited by every connection. asyncio leaves it out for a socket made this way, and each answer
    # would then wait 40 ms for the client's delayed acknowledgement of its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(listening: socket.socket) -> str:
    """The base address that a client is given, such as `http://127.0.0.1:8123/v1`."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"


def server_for(model: DemoModel) -> uvicorn.Server:
    config = uvicorn.Config(
        model.app(),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


@contextlib.contextmanager
def running(model: DemoModel | None = None) -> Iterator[str]:
    """A server on a free port of this machine, in a thread, as its base address (ends in /v1)."""
    listening = listen("127.0.0.1", 0)
    server = server_for(model or DemoModel())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield address(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
