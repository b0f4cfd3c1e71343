"""Where a row of a Lab stands among those that were asked for, and which come before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Label,
    ScalarSelect,
    Select,
    case,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from core.lab.row_order import RowsAsked, from_lab, rank, wanted
from core.models import Metric, MetricReview


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row stands among those asked for.

    `position` counts from 1, and is None for a row that is not one of them (any more); `previous_id`
    and `next_id` are the review ids beside it all the same.
    """

    position: int | None
    total: int
    previous_id: int | None
    next_id: int | None


def place_of(session: Session, metric: Metric, review_id: int, asked: RowsAsked) -> RowPlace:
    """Among the asked rows by the keys that they are sorted by; the row itself may not be one of them.

    A Lab has tens of thousands of rows: the keys stay in the database, which compares them and need not sort.
    """
    key, condition = _key(session, metric, asked), wanted(session, metric, asked)
    *here, fits = session.execute(
        from_lab(select(*key, case((condition, 1), else_=0)), asked).where(MetricReview.id == review_id)
    ).one()
    rows = from_lab(select(*key).select_from(MetricReview), asked).where(condition).cte("asked")
    found = session.execute(_around(rows, here)).one()
    return RowPlace(
        position=found.smaller + 1 if fits else None,
        total=found.total,
        previous_id=found.previous_id,
        next_id=found.next_id,
    )


def _key(session: Session, metric: Metric, asked: RowsAsked) -> list[Label[Any]]:
    """What tells the order of any two rows: what they are sorted by, and then their id."""
    steps = (*rank(session, metric, asked.show), MetricReview.id)
    return [step.label(f"step_{number}") for number, step in enumerate(steps)]


def _around(rows: CTE, here: Sequence[Any]) -> Select[Any]:
    """How many rows there are and how many before a key, and the ids of the two beside it.

    The rows are named more than once, so either database finds them once and keeps them.
    """
    key = tuple_(*(literal(step) for step in here))
    every, before, after = rows.alias("every"), rows.alias("before"), rows.alias("after")
    smaller = func.count().filter(tuple_(*every.c) < key)
    counts = select(func.count().label("total"), smaller.label("smaller")).select_from(every).subquery()
    previous = select(_id(before)).where(tuple_(*before.c) < key)
    following = select(_id(after)).where(tuple_(*after.c) > key)
    return select(
        counts,
        _first(previous, [step.desc() for step in before.c]).label("previous_id"),
        _first(following, list(after.c)).label("next_id"),
    )


def _id(rows: FromClause) -> ColumnElement[int]:
    return list(rows.c)[-1]


def _first(ids: Select[Any], order: Sequence[ColumnElement[Any]]) -> ScalarSelect[Any]:
    return ids.order_by(*order).limit(1).scalar_subquery()
