"""One Plumbline a home: a lock that is free again when the last process holding it is gone.

The lock belongs to the open file, and the supervising process inherits it. So a launcher that was
killed keeps nobody out, and its parts still do until they have stopped. The file says who holds it:
the launcher's process id and, once it is known, the web address.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "launch.lock"
PATIENCE = 45.0
"""Seconds to wait for the parts of a launcher that was killed; a worker may take 30 to stop."""


class AlreadyRunning(Exception):
    """Plumbline is already running at …"""


@contextmanager
def only_one(home: Path, patience: float = PATIENCE) -> Iterator[int]:
    """Hold the home for this process; yields the descriptor that the supervising process inherits.

    Raises AlreadyRunning when another launcher lives, or its parts have not stopped within `patience`
    seconds.
    """
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(descriptor, home, time.monotonic() + patience)
        announce(descriptor, "")
        yield descriptor
    finally:
        os.close(descriptor)


def announce(descriptor: int, address: str) -> None:
    """Leave the web address for whoever is turned away."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {address}".encode(), 0)


def _acquire(descriptor: int, home: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, _, address = os.pread(descriptor, 200, 0).decode().partition(" ")
            if _lives(pid) or time.monotonic() > deadline:
                raise AlreadyRunning(_turned_away(home, address)) from None
            time.sleep(0.2)
        else:
            return


def _lives(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _turned_away(home: Path, address: str) -> str:
    if address:
        return f"Plumbline is already running at {address}"
    return f"Plumbline is already starting or stopping in {home}; try again in a few seconds."
