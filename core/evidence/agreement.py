"""What plain agreement hides: classes that are seldom right, and a trigger that misfires."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.evidence.intervals import Interval, wilson
from core.evidence.rows import Answer, JudgedRow, Rows
from core.terms import NOT_APPLICABLE

Side = Callable[[JudgedRow], Answer]
MOST_CLASSES = 40
"""Beyond that a table of classes tells nobody anything, and numbers are no classes."""


@dataclass(frozen=True, slots=True)
class Count:
    """`right` of `total`."""

    right: int
    total: int

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> Interval:
        return wilson(self.right, self.total)

    def as_json(self) -> list[int]:
        return [self.right, self.total]

    @classmethod
    def of_json(cls, pair: Sequence[int]) -> Count:
        return cls(*pair)


@dataclass(frozen=True, slots=True)
class ClassRecall:
    """Of the rows labelled `name`, how many each definition answered so."""

    name: str
    before: Count
    after: Count

    @property
    def lost(self) -> int:
        """By how many rows the candidate is lower; negative where it is higher."""
        return self.before.right - self.after.right

    def as_json(self) -> dict[str, Any]:
        return {"class": self.name, "before": self.before.as_json(), "after": self.after.as_json()}

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> ClassRecall:
        return cls(data["class"], Count.of_json(data["before"]), Count.of_json(data["after"]))


@dataclass(frozen=True, slots=True)
class TriggerQuality:
    """How well a definition finds the calls that it does not apply to.

    Attributes:
        precision: of the rows answered N/A, those labelled so.
        recall: of the rows labelled N/A, those answered so.
    """

    precision: Count
    recall: Count

    def as_json(self) -> dict[str, Any]:
        return {"precision": self.precision.as_json(), "recall": self.recall.as_json()}

    @classmethod
    def of_json(cls, data: Mapping[str, Any] | None) -> TriggerQuality | None:
        return None if data is None else cls(*(Count.of_json(data[name]) for name in ("precision", "recall")))


def recalls(rows: Rows) -> tuple[ClassRecall, ...]:
    """One for each class that a label has, the most frequent first; none where there are too many."""
    totals = Counter(row.expected for row in rows)
    if len(totals) > MOST_CLASSES:
        return ()
    before = Counter(row.expected for row in rows if row.before.agrees)
    after = Counter(row.expected for row in rows if row.after.agrees)
    return tuple(
        ClassRecall(name, Count(before[name], total), Count(after[name], total))
        for name, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    )


def trigger_quality(rows: Rows, side: Side) -> TriggerQuality | None:
    """None where no label is N/A: then nothing is known about the trigger."""
    labelled = [row for row in rows if row.expected == NOT_APPLICABLE]
    if not labelled:
        return None
    answered = [row for row in rows if side(row).value == NOT_APPLICABLE]
    both = sum(row.expected == NOT_APPLICABLE for row in answered)
    return TriggerQuality(Count(both, len(answered)), Count(both, len(labelled)))
