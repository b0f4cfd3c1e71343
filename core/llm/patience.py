"""How long a call goes on trying: pauses between attempts, and a gate that all calls wait at together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import CallFailed, PlumblineError
from core.llm.faults import Again, Fault

MAX_ATTEMPTS = 5
MAX_WAITING_SECONDS = 120.0
SOON_SECONDS = 2.0
"""Within this time an endpoint that was never seen alive must answer, else its address is wrong."""
SOON_PAUSE_SECONDS = 0.25
FIRST_PAUSE_SECONDS = 0.5
PAUSE_GROWTH = 3.0
MAX_PAUSE_SECONDS = 15.0


class Gate:
    """Closed while the endpoint wants no calls at all. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._opens_at = clock()

    def close(self, seconds: float) -> None:
        """Close the gate for that long, or leave it closed if it already is for longer."""
        with self._lock:
            self._opens_at = max(self._opens_at, self._clock() + seconds)

    @property
    def seconds_left(self) -> float:
        return self._opens_at - self._clock()


@dataclass(slots=True)
class Patience:
    """What one call may still try. `jitter` draws from 0 to 1; `started` is a moment of `clock`."""

    clock: Callable[[], float]
    jitter: Callable[[], float]
    started: float
    failures: int = 0
    refusals: int = 0
    waited: float = 0.0

    def pause_after(self, fault: Fault) -> float:
        """Seconds to wait before the next attempt. Raises the fault's error when there is none."""
        if fault.again is Again.WHEN_TOLD:
            self.refusals += 1
            return self._wait((fault.retry_after or 0.0) + self._growing(self.refusals), fault.error)
        self.failures += 1
        if fault.again is Again.SOON and self.clock() - self.started < SOON_SECONDS - SOON_PAUSE_SECONDS:
            return SOON_PAUSE_SECONDS
        if fault.again is Again.LATER and self.failures < MAX_ATTEMPTS:
            return self._wait(max(self._growing(self.failures), fault.retry_after or 0.0), fault.error)
        raise fault.error

    def pause_at_gate(self, seconds: float) -> float:
        """Seconds to wait for the others' sake. Raises CallFailed when that is more than patience lasts."""
        sentence = f"The model endpoint takes no calls for the next {seconds:.0f} seconds."
        return self._wait(seconds, CallFailed(sentence))

    def _growing(self, times: int) -> float:
        pause = min(FIRST_PAUSE_SECONDS * PAUSE_GROWTH ** min(times - 1, 8), MAX_PAUSE_SECONDS)
        return pause * (0.5 + 0.5 * self.jitter())

    def _wait(self, seconds: float, error: PlumblineError) -> float:
        if self.waited + seconds > MAX_WAITING_SECONDS:
            raise error
        self.waited += seconds
        return seconds
