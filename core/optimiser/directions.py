"""In which direction a judge errs, in words: what a batch is balanced by and what the writer is told."""

from __future__ import annotations

from core.terms import NOT_APPLICABLE, EvalSettings, EvalType


def direction(said: str | None, expected: str | None, settings: EvalSettings) -> str:
    """The kind of an error, equal for errors of one kind; values are canonical, `said` None is unreadable.

    Numbers err upwards or downwards whatever the distance, so that a rating has two directions and not
    thirty pairs of values.
    """
    if expected is None:
        return "not labelled; the note says what matters"
    if said is None:
        return f"gave no readable answer, should be {expected}"
    if NOT_APPLICABLE in (said, expected):
        return _about_applying(said, expected)
    if settings.eval_type in (EvalType.RATING, EvalType.NUMERIC):
        return "too high" if float(said) > float(expected) else "too low"
    return f"said {said}, should be {expected}"


def error(said: str | None, expected: str | None, settings: EvalSettings) -> str:
    """One error in words, with the distance where the answer is a number."""
    kind = direction(said, expected, settings)
    if kind not in ("too high", "too low") or said is None or expected is None:
        return kind
    return f"{abs(float(said) - float(expected)):g} {kind}"


def _about_applying(said: str, expected: str) -> str:
    if expected == NOT_APPLICABLE:
        return f"said {said}, but the metric does not apply"
    return f"said it does not apply, should be {expected}"
