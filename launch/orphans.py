"""No process is left behind: on Linux the kernel hands over and ends what outlived its parent.

A worker's work-horse is a process of its own that survives a killed worker; a part survives a killed
supervisor. Elsewhere than on Linux these calls do nothing, and only an orderly stop is clean.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def adopt() -> None:
    """Become the parent of every descendant whose own parent dies."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Have this process asked to stop when its parent dies, however it dies."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_children(grace: float = 10.0) -> None:
    """Ask every child to stop, and kill what still runs after `grace` seconds."""
    deadline = time.monotonic() + grace
    _signal_all(signal.SIGTERM)
    while _reap_and_list() and time.monotonic() < deadline:
        time.sleep(0.05)
    while _reap_and_list():
        _signal_all(signal.SIGKILL)
        time.sleep(0.05)


def _signal_all(number: int) -> None:
    for pid in _children():
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _reap_and_list() -> list[int]:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return _children()


def _children() -> list[int]:
    return [pid for pid in _all_pids() if _parent(pid) == os.getpid()]


def _all_pids() -> list[int]:
    if sys.platform != "linux":
        return []
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, which may hold spaces and brackets itself.
    return int(stat.rpartition(")")[2].split()[1])


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
