"""The labelled rows that two definitions were judged on, as the statistics see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

UNREADABLE = "unreadable"
"""The class of an answer that nobody could read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a judge said of a row: its class (None where the answer was unreadable), and whether it
    agrees with the label."""

    value: str | None
    agrees: bool


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A labelled row under the live definition (`before`) and under the candidate (`after`).

    `expected` is the label's class: its canonical value where values are discrete. Rows of equal `group`
    are of one conversation, so they are no independent witnesses.
    """

    review_id: int
    group: str
    expected: str
    before: Answer
    after: Answer

    @property
    def change(self) -> int:
        """1 where the candidate fixed the row, −1 where it broke it, 0 where nothing changed."""
        return int(self.after.agrees) - int(self.before.agrees)


Rows = Sequence[JudgedRow]


def by_conversation(rows: Rows) -> list[list[JudgedRow]]:
    """The rows of each conversation, in the order in which the conversations come first."""
    found: dict[str, list[JudgedRow]] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    return list(found.values())
