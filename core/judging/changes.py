"""What a definition does to a row that another one judged before it. Everything here is pure."""

from __future__ import annotations

from enum import StrEnum

from core.judging.values import agrees
from core.terms import EvalSettings, Verdict, VerdictStatus


class RowChange(StrEnum):
    """What became of a row. A labelled one was fixed or broken, agrees as before or is still wrong; of a
    call without a label there is only to say whether the verdict flipped."""

    FIXED = "fixed"
    BROKEN = "broken"
    STILL_WRONG = "still wrong"
    AGREES = "agrees"
    FLIPPED = "flipped"
    SAME = "same"
    NOT_JUDGED = "not judged"


def row_change(
    expected: str | None, before: Verdict | None, after: Verdict | None, settings: EvalSettings
) -> RowChange:
    """Between two verdicts on a row; `expected` is None for a call without a label."""
    if expected is None:
        return _flip(before, after, settings)
    return change_of(*(_agreed(expected, verdict, settings) for verdict in (before, after)))


def change_of(before: bool | None, after: bool | None) -> RowChange:
    """Between agreeing or not, of a labelled row; None is a verdict that never arrived."""
    if before is None or after is None:
        return RowChange.NOT_JUDGED
    if before == after:
        return RowChange.AGREES if after else RowChange.STILL_WRONG
    return RowChange.FIXED if after else RowChange.BROKEN


def agreed(expected: str, status: str | None, value: str | None, settings: EvalSettings) -> bool | None:
    """None where the row was not judged; an unreadable answer agrees with nothing."""
    if status is None or status == VerdictStatus.NOT_JUDGED:
        return None
    return status == VerdictStatus.ANSWERED and value is not None and agrees(expected, value, settings)


def _agreed(expected: str, verdict: Verdict | None, settings: EvalSettings) -> bool | None:
    return None if verdict is None else agreed(expected, verdict.status, verdict.value, settings)


def _flip(before: Verdict | None, after: Verdict | None, settings: EvalSettings) -> RowChange:
    missing = VerdictStatus.NOT_JUDGED
    if before is None or after is None or missing in (before.status, after.status):
        return RowChange.NOT_JUDGED
    if before.value is None or after.value is None:
        return RowChange.SAME if before.value == after.value else RowChange.FLIPPED
    return RowChange.SAME if agrees(before.value, after.value, settings) else RowChange.FLIPPED
