"""The two parts of a definition, each with a score of its own: the description and the trigger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.judging.scoring import agrees_with
from core.terms import NOT_APPLICABLE, EvalSettings, LabelledRow, Score, Verdict, VerdictStatus


@dataclass(frozen=True, slots=True)
class TriggerScore:
    """How well a trigger finds the calls that the metric does not apply to.

    Attributes:
        right: rows that were answered N/A and are labelled so.
        given, expected: rows answered N/A, and rows labelled N/A.
        decided: rows on which the trigger decided as the label does, of all rows with an answer.
    """

    right: int
    given: int
    expected: int
    decided: Score

    @property
    def precision(self) -> float | None:
        """Of the rows answered N/A, the share labelled so; None where none was."""
        return self.right / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        """Of the rows labelled N/A, the share answered so; None where none is."""
        return self.right / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class Components:
    """`description` is the agreement on rows to which the metric applies, by label and by answer."""

    description: Score
    trigger: TriggerScore


def components(
    rows: Iterable[LabelledRow], verdicts: Mapping[int, Verdict], settings: EvalSettings
) -> Components:
    """Both scores over the labelled rows that have an answer."""
    answered = [
        (row, verdicts[row.review_id])
        for row in rows
        if row.labelled
        and row.review_id in verdicts
        and verdicts[row.review_id].status is VerdictStatus.ANSWERED
    ]
    valued = [pair for pair in answered if not _labelled_na(pair[0]) and not _answered_na(pair[1])]
    correct = sum(agrees_with(row, verdict, settings) for row, verdict in valued)
    return Components(Score(correct, len(valued)), _trigger(answered))


def _trigger(answered: list[tuple[LabelledRow, Verdict]]) -> TriggerScore:
    alike = sum(_labelled_na(row) == _answered_na(verdict) for row, verdict in answered)
    return TriggerScore(
        right=sum(_labelled_na(row) and _answered_na(verdict) for row, verdict in answered),
        given=sum(_answered_na(verdict) for _, verdict in answered),
        expected=sum(_labelled_na(row) for row, _ in answered),
        decided=Score(alike, len(answered)),
    )


def _labelled_na(row: LabelledRow) -> bool:
    return row.expected == NOT_APPLICABLE


def _answered_na(verdict: Verdict) -> bool:
    return verdict.value == NOT_APPLICABLE
