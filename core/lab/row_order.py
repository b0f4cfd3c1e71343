"""Which rows of a Lab a person asked for, and in which order they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    SQLColumnExpression,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from core.lab.standing import standing
from core.models import Call, Metric, MetricReview
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType, VerdictStatus

MAX_SEARCH = 200
ROUNDING = 1e-9
"""As in `judging.values.agrees`: 0.3 and 0.1 are within a tolerance of 0.2."""


class RowFilter(StrEnum):
    """Part of a Lab's rows. Contradicting rows share a transcript, and their labels disagree."""

    ALL = "all"
    DISAGREEING = "disagreeing"
    UNLABELLED = "unlabelled"
    LABELLED = "labelled"
    NOT_EVALUATED = "not_evaluated"
    CONTRADICTING = "contradicting"


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """A filter, and words to be found in the external id, the transcript or the note."""

    show: RowFilter = RowFilter.ALL
    search: str = ""


def wanted(session: Session, metric: Metric, asked: RowsAsked) -> ColumnElement[bool]:
    """The condition on MetricReview, joined with Call, that the asked rows of the metric's Lab meet."""
    of_lab = MetricReview.metric_id == metric.id
    return and_(of_lab, _shown(session, metric, asked.show), _found(session, asked.search))


def rank(metric: Metric, show: RowFilter) -> SQLColumnExpression[Any]:
    """What rows are sorted by before their id: misaligned, then judged without a label, then the rest.

    Contradicting rows stand beside the ones they contradict.
    """
    if show is RowFilter.CONTRADICTING:
        return Call.digest
    waiting = and_(MetricReview.labelled.is_(False), MetricReview.judged.is_not(None))
    return case((disagrees(metric.eval_settings), 0), (waiting, 1), else_=2)


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


def _shown(session: Session, metric: Metric, show: RowFilter) -> ColumnElement[bool]:
    if show is RowFilter.DISAGREEING:
        return disagrees(metric.eval_settings)
    if show is RowFilter.CONTRADICTING:
        groups = standing(session, metric.id).contradictions
        return MetricReview.id.in_([review_id for group in groups for review_id in group])
    return {
        RowFilter.UNLABELLED: MetricReview.labelled.is_(False),
        RowFilter.LABELLED: MetricReview.labelled.is_(True),
        RowFilter.NOT_EVALUATED: MetricReview.judged.is_(None),
    }.get(show, true())


def _found(session: Session, search: str) -> ColumnElement[bool]:
    text = search.strip()[:MAX_SEARCH]
    if not text:
        return true()
    columns = (Call.external_id, MetricReview.feedback)
    in_columns = (column.icontains(form, autoescape=True) for column in columns for form in _forms(text))
    return or_(*in_columns, _said(session, _forms(text)))


def _said(session: Session, forms: Iterable[str]) -> ColumnElement[bool]:
    """Whether some turn holds one of the words; roles and other keys of the JSON do not count."""
    if session.get_bind().dialect.name == "postgresql":
        turn = func.json_array_elements(Call.transcript).table_valued("value").render_derived("turn")
        content: ColumnElement[Any] = turn.c.value.op("->>", return_type=Text())(literal("content"))
    else:
        turn = func.json_each(Call.transcript).table_valued("value", name="turn")
        content = func.json_extract(turn.c.value, "$.content", type_=Text())
    return exists(
        select(turn.c.value).where(or_(*(content.icontains(form, autoescape=True) for form in forms)))
    )


def _forms(text: str) -> tuple[str, ...]:
    """SQLite compares without regard to case in ASCII only, so other letters are tried both ways."""
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((text, text.lower(), text.upper(), text.capitalize())))
