"""What a person says of a call in one row of the Lab."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """A label and a note. `expected` is canonical, and None exactly where the row is not labelled."""

    expected: str | None = None
    feedback: str = ""

    @property
    def labelled(self) -> bool:
        return self.expected is not None

    def __bool__(self) -> bool:
        return self.labelled or bool(self.feedback)

    def updated_by(self, other: Mark) -> Mark:
        """With the other's label and note, each where it has one: an import takes nothing away."""
        return Mark(
            self.expected if other.expected is None else other.expected, other.feedback or self.feedback
        )


NO_MARK = Mark()


@dataclass(frozen=True, slots=True)
class HeldMark:
    """The mark of a row that is in the Lab, and who gave it when; None for both where there is no mark."""

    review_id: int
    revision: int
    mark: Mark
    labelled_by: int | None
    labelled_at: datetime | None
