"""Several people, or workers, doing something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each act returned, or what it raised, in their order; all of them start together."""
    start = threading.Barrier(len(acts))

    def act(do: Callable[[], Any]) -> Any:
        start.wait(timeout=30)
        return do()

    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(act, do) for do in acts]
        return [future.exception() or future.result() for future in futures]
