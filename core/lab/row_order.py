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
STRUCTURE = '[{"role": "assistant", "content": "", "start_time": 0, "end_time": 0}, "system", "tool", "user"]'
"""What the JSON of a transcript holds beside the words."""
ESCAPED = "bfnrtu"
"""Letters that may belong to the backslash before them."""
LONG_ENOUGH = 5


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
    return or_(*in_columns, _said(session, text))


def _said(session: Session, text: str) -> ColumnElement[bool]:
    """Whether some turn holds the words; roles and other keys of the JSON do not count.

    Taking a transcript apart costs twenty times as much as looking through its text, so that goes first,
    and alone where it cannot err.
    """
    if _is_plain(text):
        stored = _holds(session, text)
        if text[0].lower() not in ESCAPED:
            return stored
        return and_(stored, or_(~_holds(session, f"\\{text}"), _some_turn_holds(session, (text,))))
    forms = _forms(text)
    maybe: list[ColumnElement[bool]] = [true()]
    # PostgreSQL compares letters of other scripts without regard to case, and in the JSON they are numbers.
    if text.isascii() or session.get_bind().dialect.name != "postgresql":
        maybe = [_holds(session, _as_json(form)) for form in forms]
    return and_(or_(*(_rare(session, form) for form in forms)), or_(*maybe), _some_turn_holds(session, forms))


def _is_plain(text: str) -> bool:
    """Whether the stored JSON holds these words where a turn does and nowhere else.

    JSON writes letters beyond ASCII, quotes and the like in another way; its own keys, roles and signs are
    no words; and few letters might be a part of a number that stands for another letter.
    """
    written = text.isascii() and text.isprintable() and _as_json(text) == text
    return written and len(text) >= LONG_ENOUGH and text.casefold() not in STRUCTURE and text[0].isalpha()


def _holds(session: Session, text: str) -> ColumnElement[bool]:
    """Whether the stored JSON holds the text, without regard to case."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(Call.transcript, Text).icontains(text, autoescape=True)
    return type_coerce(Call.transcript, Text).contains(text, autoescape=True)


def _rare(session: Session, form: str) -> ColumnElement[bool]:
    """Whether the stored JSON holds the first letter beyond ASCII, which SQLite finds fastest."""
    letter = next((letter for letter in form if not letter.isascii()), "")
    if not letter or session.get_bind().dialect.name == "postgresql":
        return true()
    return func.instr(type_coerce(Call.transcript, Text), _as_json(letter)) > 0


def _some_turn_holds(session: Session, forms: Sequence[str]) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        turn = func.json_array_elements(Call.transcript).table_valued("value").render_derived("turn")
        content: ColumnElement[Any] = turn.c.value.op("->>", return_type=Text())(literal("content"))
    else:
        turn = func.json_each(Call.transcript).table_valued("value", name="turn")
        content = func.json_extract(turn.c.value, "$.content", type_=Text())
    holds = or_(*(content.icontains(form, autoescape=True) for form in forms))
    return exists(select(turn.c.value).where(holds))


def _as_json(text: str) -> str:
    """As it stands inside of a text of the stored JSON."""
    return json.dumps(text)[1:-1]


def _forms(text: str) -> tuple[str, ...]:
    """SQLite compares without regard to case in ASCII only, so other letters are tried both ways."""
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((text, text.lower(), text.upper(), text.capitalize())))
