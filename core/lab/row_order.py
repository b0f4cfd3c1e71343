"""Which rows of a Lab a person asked for, and in which order they come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session

from core.lab.alignments import disagrees
from core.lab.queue_order import queue_rank, waits_for_a_person
from core.lab.twins import contradictions, twofold_digests
from core.models import Call, Metric, MetricReview

MAX_SEARCH = 200


class RowFilter(StrEnum):
    """Part of a Lab's rows. `TO_LABEL` is the queue; duplicates share a transcript with another row, and
    of contradicting ones the labels disagree, too."""

    ALL = "all"
    TO_LABEL = "to_label"
    DISAGREEING = "disagreeing"
    UNLABELLED = "unlabelled"
    LABELLED = "labelled"
    NOT_EVALUATED = "not_evaluated"
    UNSTABLE = "unstable"
    DUPLICATES = "duplicates"
    CONTRADICTING = "contradicting"


OF_ONE_TRANSCRIPT = (RowFilter.DUPLICATES, RowFilter.CONTRADICTING)


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """A filter, and words to be found in the external id, the transcript or the note."""

    show: RowFilter = RowFilter.ALL
    search: str = ""


def ids_asked(session: Session, metric: Metric, asked: RowsAsked, *, also: int | None = None) -> Select[int]:
    """Review ids of the asked rows in their order, and of one more that may not be among them.

    Calls are joined only where their texts matter: they are much larger than the rows.
    """
    condition = _wanted(session, metric, asked)
    if also is not None:
        condition = or_(condition, MetricReview.id == also)
    query = select(MetricReview.id)
    if asked.search.strip() or asked.show in OF_ONE_TRANSCRIPT:
        query = query.join(Call, Call.id == MetricReview.call_id)
    return query.where(condition).order_by(*rank(session, metric, asked.show), MetricReview.id)


def _wanted(session: Session, metric: Metric, asked: RowsAsked) -> ColumnElement[bool]:
    """The condition on MetricReview that the asked rows of the metric's Lab meet.

    Call must be joined, too, where words are searched for or rows of one transcript are asked for.
    """
    of_lab = MetricReview.metric_id == metric.id
    return and_(of_lab, _shown(session, metric, asked.show), _found(session, asked.search))


def rank(session: Session, metric: Metric, show: RowFilter) -> tuple[SQLColumnExpression[Any], ...]:
    """What rows are sorted by before their id: misaligned, then judged without a label, then the rest.

    The queue has an order of its own; rows of one transcript stand beside each other.
    """
    if show is RowFilter.TO_LABEL:
        return queue_rank(session, metric)
    if show in OF_ONE_TRANSCRIPT:
        return (Call.digest,)
    waiting = and_(MetricReview.labelled.is_(False), MetricReview.judged.is_not(None))
    return (case((disagrees(metric.eval_settings), 0), (waiting, 1), else_=2),)


def _shown(session: Session, metric: Metric, show: RowFilter) -> ColumnElement[bool]:
    if show is RowFilter.DISAGREEING:
        return disagrees(metric.eval_settings)
    if show is RowFilter.TO_LABEL:
        return waits_for_a_person(metric)
    if show is RowFilter.DUPLICATES:
        return Call.digest.in_(twofold_digests(metric))
    if show is RowFilter.CONTRADICTING:
        groups = contradictions(session, metric)
        return MetricReview.id.in_([review_id for group in groups for review_id in group])
    return {
        RowFilter.UNSTABLE: MetricReview.unstable.is_(True),
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
    return or_(*in_columns, and_(_may_hold(text), _said(session, _forms(text))))


def _may_hold(text: str) -> ColumnElement[bool]:
    """Whether the stored JSON holds the words, which is looked up much faster than its turns.

    Letters beyond ASCII, quotes and the like are written in other ways there; then every row may hold them.
    """
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        return true()
    return cast(Call.transcript, Text).icontains(text, autoescape=True)


def _said(session: Session, forms: Sequence[str]) -> ColumnElement[bool]:
    """Whether some turn holds one of the words; roles and other keys of the JSON do not count.

    Taking a transcript apart costs twenty times as much as looking through its text, so that goes first.
    """
    if session.get_bind().dialect.name == "postgresql":
        turn = func.json_array_elements(Call.transcript).table_valued("value").render_derived("turn")
        content: ColumnElement[Any] = turn.c.value.op("->>", return_type=Text())(literal("content"))
        text = cast(Call.transcript, Text)
        # Letters of other scripts are compared without regard to case here, and in the JSON they are numbers.
        ascii_only = all(form.isascii() for form in forms)
        maybe = (
            [text.icontains(_as_json(form), autoescape=True) for form in forms] if ascii_only else [true()]
        )
    else:
        turn = func.json_each(Call.transcript).table_valued("value", name="turn")
        content = func.json_extract(turn.c.value, "$.content", type_=Text())
        maybe = [
            type_coerce(Call.transcript, Text).contains(_as_json(form), autoescape=True) for form in forms
        ]
    holds = or_(*(content.icontains(form, autoescape=True) for form in forms))
    return and_(or_(*maybe), exists(select(turn.c.value).where(holds)))


def _as_json(text: str) -> str:
    """As it stands inside of a text of the stored JSON."""
    return json.dumps(text)[1:-1]


def _forms(text: str) -> tuple[str, ...]:
    """SQLite compares without regard to case in ASCII only, so other letters are tried both ways."""
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((text, text.lower(), text.upper(), text.capitalize())))
