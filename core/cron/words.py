"""Lists as people write them."""

from __future__ import annotations

from collections.abc import Iterable


def joined(words: Iterable[str], joint: str = "and") -> str:
    """“a”, “a and b”, “a, b and c”; at least one word."""
    *head, last = words
    return f"{', '.join(head)} {joint} {last}" if head else last
