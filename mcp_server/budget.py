"""How much an answer may say: one budget for all of it, so that any client takes it, whatever the texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

Answer = TypeVar("Answer", bound=BaseModel)

MOST_TOKENS = 24_000
"""Of an answer, both of its copies together; clients take 25,000."""
ASCII_A_TOKEN = 3
"""Characters. English is nearer to four; code, numbers and JSON are nearer to this."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of each text an answer holds, in characters."""

    offset: int
    size: int

    def of(self, text: str) -> str:
        return text[self.offset : self.offset + self.size]

    def next_offset(self, *texts: str) -> int | None:
        """Where the next page begins; None where no text goes on."""
        end = self.offset + self.size
        return end if any(len(text) > end for text in texts) else None

    def is_whole(self, *texts: str) -> bool:
        """Whether this page holds all of each text."""
        return self.offset == 0 and self.next_offset(*texts) is None


def fitting(build: Callable[[int], Answer], most: int, tokens: int = MOST_TOKENS) -> Answer:
    """The answer that `build` makes with a size of at most `most` and at least 1, so that it fits.

    What the size counts, characters of a text or lines of a list, is for `build` to say.
    """
    size = most
    while True:
        answer = build(size)
        needed = tokens_of(answer)
        if needed <= tokens or size <= 1:
            return answer
        size = max(1, int(size * min(tokens / needed, 0.9)))


def next_after(end: int, total: int) -> int | None:
    """Where the rest of a list begins; None where there is none."""
    return end if end < total else None


def tokens_of(answer: BaseModel) -> int:
    """What it takes as the SDK sends it: once as structured content, and once more as indented text."""
    return sum(tokens_in(to_json(answer, indent=indent).decode()) for indent in (None, 2))


def tokens_in(text: str) -> int:
    """An estimate that is rather too high: other scripts take a token a character, rare signs two."""
    units = len(text.encode("utf-16-le")) // 2
    plain = sum(map(str.isascii, text)) if not text.isascii() else len(text)
    return units - plain + plain // ASCII_A_TOKEN
