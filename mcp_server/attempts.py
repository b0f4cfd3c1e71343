"""How often an address may knock with a token that is refused. Kept in this process alone."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from core.neighbourhood import neighbourhood

MOST_REFUSED = 30
"""Refused requests of one address in one window."""
WINDOW_SECONDS = 60.0
MOST_ADDRESSES = 10_000
MOST_WELCOME = 1_000


class Attempts:
    """Counts refusals an address, and remembers tokens that were good, by their digest.

    A good token is not held up by others that knock from its address: behind a proxy, or on one machine,
    all clients share one. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refused: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._welcome: OrderedDict[str, None] = OrderedDict()

    def wait_seconds(self, address: str, digest: str) -> float:
        """How long this address has to wait before its next try; 0 when it need not."""
        began, count = self._refused.get(neighbourhood(address), (0.0, 0))
        if count < MOST_REFUSED or digest in self._welcome:
            return 0.0
        return max(0.0, began + WINDOW_SECONDS - self._clock())

    def refused(self, address: str, digest: str) -> None:
        """Take note of a refusal; a token that was good before is not any more."""
        self._welcome.pop(digest, None)
        now, key = self._clock(), neighbourhood(address)
        began, count = self._refused.pop(key, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
        self._refused[key] = (began, count + 1)
        if len(self._refused) > MOST_ADDRESSES:
            self._refused.popitem(last=False)

    def welcomed(self, digest: str) -> None:
        """Take note of a token that was good."""
        self._welcome[digest] = None
        self._welcome.move_to_end(digest)
        if len(self._welcome) > MOST_WELCOME:
            self._welcome.popitem(last=False)
