"""From the verdicts of a run to its evidence: which rows, which classes, and how noisy the judge is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from core.evidence import Answer, Evidence, JudgedRow, Noise, rows_to_judge_again, weigh
from core.judging.scoring import agrees_with, common
from core.judging.values import agrees
from core.optimiser.case import Case, Judging
from core.optimiser.split import HOLD_OUT_FROM, Part
from core.terms import (
    NOT_APPLICABLE,
    EvalSettings,
    EvalType,
    Guard,
    LabelledRow,
    Verdict,
    VerdictStatus,
)

A_NUMBER = "a number"
"""The class of every value of a numeric metric that is not N/A."""
AGAIN = 1
"""The sample under which a row is judged again: another one than the baseline's."""


def weigh_verdicts(
    case: Case,
    before: Mapping[int, Verdict],
    after: Mapping[int, Verdict],
    parts: Mapping[int, Part],
    noise: Noise | None,
) -> Evidence | None:
    """The evidence on the labelled rows that both definitions were judged on; None where none was."""
    rows = [
        JudgedRow(
            row.review_id,
            row.group,
            _class(row.expected or "", case.settings),
            _answer(row, before[row.review_id], case.settings),
            _answer(row, after[row.review_id], case.settings),
        )
        for row in common(case.rows, before, after)
    ]
    held_out = [row for row in rows if parts.get(row.review_id) is Part.HELD_OUT]
    discrete = case.settings.eval_type is not EvalType.NUMERIC
    return weigh(rows, held_out, partial(agrees, settings=case.settings) if discrete else None, noise)


def wants_noise(guard: Guard, labelled: int, chosen: bool | None) -> bool:
    """Whether the judge is to be asked again, for up to 20 calls more.

    The strict guard needs it. The standard one does not: there it is worth its calls where they are a
    small part of the run and rows are held out to set beside it. `chosen` by a person wins over both.
    """
    if chosen is not None and guard is not Guard.STRICT:
        return chosen
    return guard is Guard.STRICT or labelled >= HOLD_OUT_FROM


def measure_noise(case: Case, before: Mapping[int, Verdict], judge: Judging) -> Noise:
    """Ask the judge again about up to 20 rows, under the live definition; raises as the judge."""
    chosen = noise_rows(case, before)
    (again,) = judge.judge_each([case.definition], chosen, sample=AGAIN)
    twice = [row for row in chosen if again[row.review_id].status is not VerdictStatus.NOT_JUDGED]
    return Noise(
        rows=len(twice),
        changed=tuple(
            row.review_id for row in twice if _told(before[row.review_id]) != _told(again[row.review_id])
        ),
        flipped=sum(
            agrees_with(row, before[row.review_id], case.settings)
            != agrees_with(row, again[row.review_id], case.settings)
            for row in twice
        ),
    )


def noise_rows(case: Case, before: Mapping[int, Verdict]) -> Sequence[LabelledRow]:
    """The rows to ask about again: each label, right or wrong, with its share."""
    judged = common(case.rows, before, before)

    def kind(row: LabelledRow) -> tuple[str | None, bool]:
        label = _class(row.expected or "", case.settings)
        return label, agrees_with(row, before[row.review_id], case.settings)

    return rows_to_judge_again(judged, kind)


def _answer(row: LabelledRow, verdict: Verdict, settings: EvalSettings) -> Answer:
    value = None if verdict.value is None else _class(verdict.value, settings)
    return Answer(value, agrees_with(row, verdict, settings))


def _class(value: str, settings: EvalSettings) -> str:
    numeric = settings.eval_type is EvalType.NUMERIC and value != NOT_APPLICABLE
    return A_NUMBER if numeric else value


def _told(verdict: Verdict) -> tuple[VerdictStatus, str | None]:
    return verdict.status, verdict.value
