"""Text from people and models, made fit to be shown in a mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

LINE_BREAKS = re.compile(r"\r\n?")
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and lone surrogates: no mail can carry them."""
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""In a name they can make the words after it read backwards."""


def printable(text: str) -> str:
    """The text with `\\n` as its only line break and � for whatever cannot be printed."""
    return UNPRINTABLE.sub("\ufffd", LINE_BREAKS.sub("\n", text))


def one_line(text: str, limit: int) -> str:
    """A name or sentence on one line of at most `limit` characters; … marks what was cut off."""
    line = " ".join(printable(DIRECTION_MARKS.sub("", text)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def cut(text: str, limit: int) -> tuple[str, int]:
    """The first `limit` characters, and how many characters were left out."""
    return text[:limit], max(0, len(text) - limit)


def fair_share(sizes: Sequence[int], room: int) -> int:
    """The size that each may keep so that all together fit; small ones leave their rest to large ones."""
    waiting = len(sizes)
    for size in sorted(sizes):
        if size * waiting > room:
            return room // waiting
        room, waiting = room - size, waiting - 1
    return max(sizes, default=0)
