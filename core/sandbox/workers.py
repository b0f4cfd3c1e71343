"""The child processes that scripts run in: made when first needed, kept warm, replaced when they die."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime

from pydantic_monty import Monty, MontySession, OSPolicy, ResourceLimits

from core.sandbox.limits import Limits

KILLED_AFTER_SECONDS = 0.25
"""How long past its limit a script that is deep in one operation may go on before its process is killed."""
MOST_PROCESSES = 16
"""Children at once; about 12 MB each. Further scripts wait for one."""
NOWHERE_IN_TIME: OSPolicy = {
    "datetime": datetime(2000, 1, 1, tzinfo=UTC),
    "random_start": {"seed": 0},
    "sleep": "zero",
    "process_time": "zero",
}
"""No clock and no randomness: a script gives the same answer each time it is asked."""

_lock = threading.Lock()
_pool: Monty | None = None
_forked = False


def checkout(limits: Limits) -> MontySession:
    """A fresh session in a child process of its own, to be used as a context manager.

    Raises RuntimeError in a process that was forked from one that had children already: their pipes
    cannot be shared, and a script would wait for ever.
    """
    return _started().checkout(limits=_resources(limits), os_policy=NOWHERE_IN_TIME, print_flush_interval=0)


def _started() -> Monty:
    global _pool
    with _lock:
        if _forked:
            raise RuntimeError("Scripts were run before this process was forked; fork first.")
        if _pool is None:
            _pool = Monty(
                max_processes=MOST_PROCESSES,
                feed_duration_limit_grace=KILLED_AFTER_SECONDS,
                turn_duration_limit_grace=KILLED_AFTER_SECONDS,
            ).__enter__()
        return _pool


def _resources(limits: Limits) -> ResourceLimits:
    return {
        "max_feed_duration_secs": limits.seconds,
        "max_memory": limits.memory_bytes,
        "max_recursion_depth": limits.depth,
        "max_suspensions": limits.host_steps,
    }


def _in_child() -> None:
    global _forked, _lock
    _lock = threading.Lock()
    _forked = _pool is not None


os.register_at_fork(after_in_child=_in_child)
