"""What a Lab holds, and the advice that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MIN_LABELS = 2
ADVISED_DISAGREEMENTS = 6


@dataclass(frozen=True, slots=True)
class LabStanding:
    """Counts of the Lab's rows, by what people and the live metric said of them.

    `agreeing`, `disagreeing` and `not_judged` are labelled rows that were evaluated (an unreadable
    answer disagrees; one that never arrived is not judged); `not_evaluated` counts the labelled rows
    that were not, `rows_not_evaluated` all of them. `classes` counts labels by canonical value.
    `contradictions` are the review ids of rows with the same transcript whose labels disagree,
    `duplicates` counts the rows that share their transcript with another one, and `unstable` those that the
    judge answered otherwise when it was asked the same again.
    `new` counts labels and notes given since the last run that reached a decision.
    """

    rows: int
    labelled: int
    notes: int
    agreeing: int
    disagreeing: int
    disagreeing_with_note: int
    not_judged: int
    not_evaluated: int
    rows_not_evaluated: int
    classes: Mapping[str, int]
    contradictions: tuple[tuple[int, ...], ...]
    new: int
    duplicates: int = 0
    unstable: int = 0

    @property
    def to_label(self) -> int:
        """Rows that wait for a person: without a label, or misaligned and without a note."""
        return self.rows - self.labelled + self.disagreeing - self.disagreeing_with_note

    @property
    def refusal(self) -> str | None:
        """Why no run can start (its outcome would be not_enough_labels), or None."""
        if self.labelled >= MIN_LABELS:
            return None
        return f"Not enough labels: {self.labelled} of the {MIN_LABELS} that a run needs at least."

    @property
    def ready(self) -> bool:
        """Whether a run now is likely to be worth it."""
        return self.refusal is None and not self.warnings and self.new > 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes a run less useful; it runs all the same."""
        found = (self._one_class(), self._few_disagreements(), self._not_evaluated(), self._contradicting())
        return tuple(warning for warning in found if warning)

    def _one_class(self) -> str:
        if len(self.classes) != 1:
            return ""
        (value,) = self.classes
        return (
            f"Only one class is labelled ({value}): a prompt that always answers it would agree with every "
            "label. Label some calls that should have another value."
        )

    def _few_disagreements(self) -> str:
        """Rows not evaluated yet may disagree too, so they are the next sentence's matter."""
        advised = f"Under {ADVISED_DISAGREEMENTS} disagreements with notes"
        if self.disagreeing + self.not_evaluated < ADVISED_DISAGREEMENTS:
            return (
                f"{advised}: {self.disagreeing} labelled rows disagree with the judge. "
                "Label more calls that it gets wrong, and note why."
            )
        if self.disagreeing_with_note < ADVISED_DISAGREEMENTS <= self.disagreeing:
            return (
                f"{advised}: {self.disagreeing_with_note} of {self.disagreeing} have one. "
                "Note why the judge is wrong."
            )
        return ""

    def _not_evaluated(self) -> str:
        if not self.not_evaluated:
            return ""
        return (
            f"Labelled rows not evaluated yet: {self.not_evaluated}; {self.disagreeing} are known to "
            f"disagree with the judge, at least {ADVISED_DISAGREEMENTS} (with notes) are advised."
        )

    def _contradicting(self) -> str:
        if not self.contradictions:
            return ""
        return (
            f"Transcripts labelled in contradicting ways: {len(self.contradictions)}. "
            "No prompt can agree with both labels; settle them first."
        )
