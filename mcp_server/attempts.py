"""How often one may knock with a token that is refused, or ask with a good one what cannot be answered. Kept
in this process alone."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from core.neighbourhood import neighbourhood

MOST_REFUSED = 30
"""Refused requests of one address in one window."""
MOST_IN_ERROR = 100
"""Requests in error of one good token from one address in one window: a script gone wrong gets there, people
and agents that read what they are answered don't."""
WINDOW_SECONDS = 60.0
MOST_CALLERS = 10_000
MOST_WELCOME = 1_000


class Attempts:
    """Counts refusals an address, errors a good token and address, and remembers tokens that were good, by
    their digest.

    A good token is not held up by others that knock from its address: behind a proxy, or on one machine,
    all clients share one. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._refused = _Windows(MOST_REFUSED, clock)
        self._in_error = _Windows(MOST_IN_ERROR, clock)
        self._welcome: OrderedDict[str, None] = OrderedDict()

    def knocking_wait_seconds(self, address: str, digest: str) -> float:
        """How long this address has to wait until its token is looked at; 0 when it need not."""
        return 0.0 if digest in self._welcome else self._refused.wait_seconds(neighbourhood(address))

    def asking_wait_seconds(self, address: str, digest: str) -> float:
        """How long this token has to wait, from here, until it is answered; 0 when it need not."""
        return self._in_error.wait_seconds(_caller(address, digest))

    def refused(self, address: str, digest: str) -> None:
        """Take note of a refusal; a token that was good before is not any more."""
        self._welcome.pop(digest, None)
        self._refused.count(neighbourhood(address))

    def in_error(self, address: str, digest: str) -> None:
        """Take note that a request with a good token could not be answered as it came."""
        self._in_error.count(_caller(address, digest))

    def welcomed(self, digest: str) -> None:
        """Take note of a token that was good."""
        self._welcome[digest] = None
        self._welcome.move_to_end(digest)
        if len(self._welcome) > MOST_WELCOME:
            self._welcome.popitem(last=False)


class _Windows:
    """How often each of many was counted since its window began, the latest `MOST_CALLERS` of them."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._counted: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, who: str) -> float:
        began, count = self._counted.get(who, (0.0, 0))
        return max(0.0, began + WINDOW_SECONDS - self._clock()) if count >= self._most else 0.0

    def count(self, who: str) -> None:
        now = self._clock()
        began, count = self._counted.pop(who, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
        self._counted[who] = (began, count + 1)
        if len(self._counted) > MOST_CALLERS:
            self._counted.popitem(last=False)


def _caller(address: str, digest: str) -> str:
    return f"{digest} {neighbourhood(address)}"
