"""Phrases and how they are found: whole words, whatever the case, punctuation or apostrophes.

Text is compared in a normal form: lower case, words parted by one space, a space at both ends. A phrase
may hold `...` for a gap of up to five words and end a word in `*` for any ending.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_GAP = 5
APOSTROPHES = re.compile(r"['’ʼ`´]")
WORD = re.compile(r"[^\W_]+")
PHRASE_PART = re.compile(r"(?P<gap>…|\.\.\.+|\[\.\.\.\])|(?P<word>[^\W_]+)(?P<any_ending>\*?)")


def normal(text: str) -> str:
    """The normal form of a text: ` word word `."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    words = WORD.findall(APOSTROPHES.sub("", text.casefold()))
    return f" {' '.join(words)} "


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that may be said. `needle` is its normal form; `pattern` only where it has gaps."""

    shown: str
    needle: str
    pattern: re.Pattern[str] | None = None

    def find(self, text: str, start: int = 0) -> int:
        """Where it next begins in a normal text, or -1."""
        if self.pattern is None:
            return text.find(self.needle, start)
        found = self.pattern.search(text, start)
        return found.start() if found else -1

    def count(self, text: str, start: int, end: int) -> int:
        """How often it begins in a normal text from `start` up to `end`."""
        count = 0
        at = self.find(text, start)
        while 0 <= at < end:
            count += 1
            at = self.find(text, at + 1)
        return count


@lru_cache(maxsize=8192)
def phrase(quoted: str) -> Phrase | None:
    """What stands between quotation marks, or None when there is no word in it."""
    parts = list(PHRASE_PART.finditer(APOSTROPHES.sub("", unicodedata.normalize("NFKC", quoted).casefold())))
    while parts and parts[-1]["gap"]:
        parts.pop()
    while parts and parts[0]["gap"]:
        parts.pop(0)
    if not parts:
        return None
    if any(part["gap"] or part["any_ending"] for part in parts):
        return Phrase(quoted, "", re.compile(" " + "".join(_pattern(part) for part in parts)))
    return Phrase(quoted, normal(quoted))


def _pattern(part: re.Match[str]) -> str:
    if part["gap"]:
        return rf"(?:[^ ]+ ){{0,{LONGEST_GAP}}}?"
    return re.escape(part["word"]) + ("[^ ]*" if part["any_ending"] else "") + " "
