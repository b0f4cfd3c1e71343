"""A definition's text as the statements it is made of, one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from demo.model.masking import Masked, masked, sentences

BULLET = re.compile(r"\s*(?:[-*•+–]|\d{1,2}[.)]|[a-z][.)]|\([a-z0-9]\))\s+")
HEADING = re.compile(r"\s*#{1,6}\s+")
EMPHASISED = re.compile(r"\s*\*\*[^*]+\*\*:?\s*$")
CONTINUES = re.compile(r"\s*[a-z\"“'‘`(]")
STARTS_ANEW = re.compile(
    r"\s*(?:pass|fail|answer|return|true|false|if|when|otherwise|else|exception|unless|yes|no)\b",
    re.IGNORECASE,
)
ENDS = re.compile(r"[.!?;:,]?[*_]*[.!?;:]\s*$")


class Place(Enum):
    """Where a sentence stands: at the head of a list item, further on in one, or in running text."""

    ITEM = "item"
    WITHIN_ITEM = "within item"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence; `heads` when it is a heading or ends in a colon."""

    sentence: Masked
    place: Place = Place.TEXT
    heads: bool = False


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text in order."""
    for line in logical_lines(text):
        bullet = BULLET.match(line)
        hashes = HEADING.match(line)
        heading = hashes or EMPHASISED.match(line)
        marker = bullet or hashes
        body = line[marker.end() :] if marker else line
        place = Place.ITEM if bullet else Place.TEXT
        for sentence in sentences(masked(body)):
            heads = bool(heading) or sentence.text.rstrip("*_ ").endswith(":")
            yield Statement(sentence, place, heads)
            place = Place.WITHIN_ITEM if bullet else Place.TEXT


def logical_lines(text: str) -> list[str]:
    """Lines, with those that were broken for their length joined again."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if lines and _is_continued(lines[-1], line):
            lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
        else:
            lines.append(line)
    return lines


def _is_continued(line: str, following: str) -> bool:
    if not line.strip() or HEADING.match(line) or ENDS.search(line) or EMPHASISED.match(line):
        return False
    if BULLET.match(following) or STARTS_ANEW.match(following):
        return False
    return bool(CONTINUES.match(following))
