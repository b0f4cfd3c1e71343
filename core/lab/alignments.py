"""Whether the judge's answer and the label of a row agree, in SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Float, and_, case, cast, false, func, or_, true

from core.models import MetricReview
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType, VerdictStatus

ROUNDING = 1e-9
"""As in `judging.values.agrees`: 0.3 and 0.1 are within a tolerance of 0.2."""


def disagrees(settings: EvalSettings) -> ColumnElement[bool]:
    """A label that the judge's answer differs from; one that could not be read differs, too."""
    answered = MetricReview.judged == VerdictStatus.ANSWERED.value
    unreadable = MetricReview.judged == VerdictStatus.UNREADABLE.value
    differs = or_(unreadable, and_(answered, _agrees(settings).is_(False)))
    return and_(MetricReview.labelled.is_(True), differs)


def _agrees(settings: EvalSettings) -> ColumnElement[bool]:
    """`judging.values.agrees` in SQL. CASE keeps the casts away from what is no number."""
    expected, actual = MetricReview.expected_value, MetricReview.actual_value
    same = func.coalesce(expected == actual, false())
    if settings.eval_type not in (EvalType.RATING, EvalType.NUMERIC):
        return case((same, true()), else_=false())
    near = func.abs(cast(expected, Float) - cast(actual, Float)) <= settings.tolerance + ROUNDING
    no_number = or_(actual.is_(None), expected == NOT_APPLICABLE, actual == NOT_APPLICABLE)
    return case((same, true()), (no_number, false()), else_=near)
