"""What a run found that people should look at, as it is stored with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """A row that none of `judged` definitions got right, the live one among them."""

    review_id: int
    judged: int

    def as_json(self) -> dict[str, int]:
        return {"review_id": self.review_id, "judged": self.judged}


@dataclass(frozen=True, slots=True)
class UnheardNote:
    """A note whose row stayed wrong under the candidate. `rules`: those of its rules that cite the row,
    by place; none where the note taught nothing."""

    review_id: int
    rules: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        return {"review_id": self.review_id, "rules": list(self.rules)}


@dataclass(frozen=True, slots=True)
class Findings:
    """Rows by review id.

    Attributes:
        contradictions: groups of rows with one transcript, of whose labels two disagree.
        unstable: rows that the live definition answered differently when it was asked again.
        limits: rows that no definition of the search got right.
        notes: notes without effect.
    """

    contradictions: tuple[tuple[int, ...], ...] = ()
    unstable: tuple[int, ...] = ()
    limits: tuple[Limit, ...] = ()
    notes: tuple[UnheardNote, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.contradictions or self.unstable or self.limits or self.notes)

    def review_ids(self) -> set[int]:
        """Every row that is spoken of."""
        named = (row for group in self.contradictions for row in group)
        limits = (limit.review_id for limit in self.limits)
        return {*named, *self.unstable, *limits, *(note.review_id for note in self.notes)}

    def as_json(self) -> dict[str, Any]:
        return {
            "contradictions": [list(group) for group in self.contradictions],
            "unstable": list(self.unstable),
            "limits": [limit.as_json() for limit in self.limits],
            "notes": [note.as_json() for note in self.notes],
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Findings:
        return cls(
            tuple(map(tuple, data["contradictions"])),
            tuple(data["unstable"]),
            tuple(Limit(each["review_id"], each["judged"]) for each in data["limits"]),
            tuple(UnheardNote(each["review_id"], tuple(each["rules"])) for each in data["notes"]),
        )


def findings_words(found: Findings) -> str:
    """“2 contradictory labels, 1 row the judge answers differently each time”; empty for nothing."""
    contradictory = sum(map(len, found.contradictions))
    counts = (
        (contradictory, "contradictory label", "contradictory labels"),
        (len(found.unstable), *_rows("the judge answers differently each time")),
        (len(found.limits), *_rows("no rewrite got right")),
        (len(found.notes), "note without effect", "notes without effect"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)


def _rows(what: str) -> tuple[str, str]:
    return f"row {what}", f"rows {what}"
