"""Rows for the statistics, in few letters: “++” agrees under both, “-+” was fixed, “?-” was unreadable."""

from __future__ import annotations

from collections.abc import Iterable

from core.evidence import Answer, JudgedRow

OTHER = {"true": "false", "false": "true"}


def row(number: int, change: str, expected: str = "true", group: str = "") -> JudgedRow:
    before, after = (_answer(letter, expected) for letter in change)
    return JudgedRow(number, group or f"group {number}", expected, before, after)


def rows(changes: Iterable[str], expected: str = "true", start: int = 0) -> list[JudgedRow]:
    return [row(start + number, change, expected) for number, change in enumerate(changes)]


def _answer(letter: str, expected: str) -> Answer:
    if letter == "?":
        return Answer(None, agrees=False)
    agrees = letter == "+"
    return Answer(expected if agrees else OTHER.get(expected, "other"), agrees)
