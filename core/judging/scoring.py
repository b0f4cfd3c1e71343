"""Agreement of verdicts with labels. Everything here is pure.

An answer that nobody can read counts as a disagreement, else a prompt that breaks its own output would
gain; an answer that never arrived counts as nothing, else an outage would lower the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.judging.values import agrees
from core.terms import EvalSettings, LabelledRow, Score, Verdict, VerdictStatus

Verdicts = Mapping[int, Verdict]
"""By review id; a row without a verdict was not judged."""

NOT_JUDGED_PERCENT = 10
"""With more of the rows not judged than this, a score over the rest says nothing."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two definitions on the rows that both have a verdict for.

    Attributes:
        baseline, optimised: over the same rows; `not_judged` of both are the labelled rows left out.
        fixed, broken: review ids of rows that came to agree, or ceased to, in the order of the rows.
    """

    baseline: Score
    optimised: Score
    fixed: tuple[int, ...]
    broken: tuple[int, ...]


def score(rows: Iterable[LabelledRow], verdicts: Verdicts, settings: EvalSettings) -> Score:
    """Agreement over the labelled rows among `rows`."""
    labelled = [row for row in rows if row.labelled]
    judged = [row for row in labelled if _judged(row, verdicts)]
    correct = sum(agrees_with(row, verdicts[row.review_id], settings) for row in judged)
    return Score(correct, len(judged), len(labelled) - len(judged))


def common(rows: Iterable[LabelledRow], before: Verdicts, after: Verdicts) -> tuple[LabelledRow, ...]:
    """The labelled rows that have a verdict, readable or not, in both."""
    return tuple(row for row in rows if row.labelled and _judged(row, before) and _judged(row, after))


def compare(
    rows: Sequence[LabelledRow], before: Verdicts, after: Verdicts, settings: EvalSettings
) -> Comparison:
    """Both scores over the common rows, and the rows between which they differ."""
    both = common(rows, before, after)
    left_out = sum(row.labelled for row in rows) - len(both)
    old = {row.review_id: agrees_with(row, before[row.review_id], settings) for row in both}
    new = {row.review_id: agrees_with(row, after[row.review_id], settings) for row in both}
    return Comparison(
        baseline=Score(sum(old.values()), len(both), left_out),
        optimised=Score(sum(new.values()), len(both), left_out),
        fixed=tuple(review_id for review_id in new if new[review_id] and not old[review_id]),
        broken=tuple(review_id for review_id in new if old[review_id] and not new[review_id]),
    )


def too_many_not_judged(found: Score) -> bool:
    """Whether more than a tenth of the rows have no verdict."""
    return found.not_judged * 100 > NOT_JUDGED_PERCENT * (found.total + found.not_judged)


def agrees_with(row: LabelledRow, verdict: Verdict, settings: EvalSettings) -> bool:
    """Whether a verdict is the label of its row; an unreadable one never is."""
    return (
        verdict.status is VerdictStatus.ANSWERED
        and row.expected is not None
        and verdict.value is not None
        and agrees(row.expected, verdict.value, settings)
    )


def _judged(row: LabelledRow, verdicts: Verdicts) -> bool:
    verdict = verdicts.get(row.review_id)
    return verdict is not None and verdict.status is not VerdictStatus.NOT_JUDGED
