"""Answers that are asked for once in a while, not at every sign-in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What was answered, by its address, for so many seconds. Threads may share it.

    Two that ask at the same moment may both be sent on; the later answer stays. What raises is not kept.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}

    def get(self, address: str, ask: Callable[[], T]) -> T:
        """The answer of this address: the kept one while it is young, else what `ask` returns."""
        kept = self._answers.get(address)
        if kept is not None and self._clock() - kept[0] < self._seconds:
            return kept[1]
        return self.renew(address, ask)

    def renew(self, address: str, ask: Callable[[], T]) -> T:
        """What `ask` returns now, kept from here on."""
        asked_at, answer = self._clock(), ask()
        young = {one: kept for one, kept in self._answers.items() if asked_at - kept[0] < self._seconds}
        self._answers = young | {address: (asked_at, answer)}
        return answer
