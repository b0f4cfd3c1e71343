"""What the server was asked: counts for ever, the newest bodies within a bound."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

KEPT_BODIES = 2_000
KEPT_BYTES = 32 * 1024 * 1024


class RequestLog:
    """Counts by kind (judge, writer, other), and bodies as they came, oldest first."""

    def __init__(self, kept_bodies: int = KEPT_BODIES, kept_bytes: int = KEPT_BYTES) -> None:
        self._most_bodies, self._most_bytes = kept_bodies, kept_bytes
        self.clear()

    def clear(self) -> None:
        self._counts: Counter[str] = Counter()
        self._bodies: deque[tuple[str, bytes]] = deque()
        self._bytes = 0

    def add(self, kind: str, body: bytes) -> None:
        self._counts[kind] += 1
        self._bodies.append((kind, body))
        self._bytes += len(body)
        while len(self._bodies) > self._most_bodies or self._bytes > self._most_bytes:
            self._bytes -= len(self._bodies.popleft()[1])

    def shown(self, *, bodies: bool = False) -> dict[str, Any]:
        counts = {kind: self._counts[kind] for kind in ("judge", "writer", "other")}
        shown: dict[str, Any] = {"total": self._counts.total(), **counts}
        if bodies:
            shown["bodies"] = [
                {"kind": kind, "body": body.decode("utf-8", "replace")} for kind, body in self._bodies
            ]
        return shown
