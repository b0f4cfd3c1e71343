"""The rows of a Lab as people page through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from core.db import Database
from core.judging.values import agrees
from core.lab.access import metric_for
from core.lab.row_order import RowsAsked, ids_asked
from core.models import Call, MetricReview, User
from core.terms import Actor, EvalSettings, Role, VerdictStatus

ROWS_ON_A_PAGE = 25
EXPLANATION_CHARS = 400
NOTE_CHARS = 400


class Alignment(StrEnum):
    """How the judge's answer and the label of a row stand to each other."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNLABELLED = "unlabelled"
    NOT_EVALUATED = "not_evaluated"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class RowView:
    """One row. `judged` is None while it is not evaluated, `actual` None unless answered; `unstable` is
    one that the judge answered otherwise when it was asked the same again.

    `expected` is None exactly where there is no label. In a page of rows `explanation` and `note` are
    cut at 400 characters.
    """

    review_id: int
    external_id: str
    judged: VerdictStatus | None
    actual: str | None
    explanation: str
    expected: str | None
    note: str
    labelled_by: str
    labelled_at: datetime | None
    evaluated_at: datetime | None
    unstable: bool
    revision: int
    alignment: Alignment


@dataclass(frozen=True, slots=True)
class RowsPage:
    """`rows` of page `number` (from 1) of `pages`; `total` counts the rows of all pages."""

    rows: tuple[RowView, ...]
    total: int
    number: int
    pages: int


def rows_page(
    database: Database, actor: Actor, metric_id: int, asked: RowsAsked, number: int = 1
) -> RowsPage:
    """25 of the asked rows, misaligned ones first; the nearest page where there is no such number.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        metric = metric_for(session, actor, metric_id, Role.VIEWER, "see labels")
        ids = ids_asked(session, metric, asked)
        number = max(1, number)
        shown, total = _found_and_counted(session, ids, number) if asked.search else ([], 0)
        if not shown and (number > 1 or not asked.search):
            total = session.scalar(select(func.count()).select_from(ids.order_by(None).subquery())) or 0
            number = min(number, _pages(total))
            shown = session.scalars(_of_page(ids, number)).all()
        found = session.execute(rows_query(EXPLANATION_CHARS, NOTE_CHARS).where(MetricReview.id.in_(shown)))
        rows = {row.id: row_view(row, metric.eval_settings) for row in found}
        return RowsPage(tuple(rows[review_id] for review_id in shown), total, number, _pages(total))


def _pages(total: int) -> int:
    return max(1, -(-total // ROWS_ON_A_PAGE))


def _of_page(ids: Select[Any], number: int) -> Select[Any]:
    return ids.limit(ROWS_ON_A_PAGE).offset((number - 1) * ROWS_ON_A_PAGE)


def _found_and_counted(session: Session, ids: Select[int], number: int) -> tuple[Sequence[int], int]:
    """The ids of a page and how many there are in all, none beyond the last page.

    In one statement, since looking words up is what takes long; else the count alone is faster.
    """
    rows = session.execute(_of_page(ids.add_columns(func.count().over()), number)).all()
    return [review_id for review_id, _ in rows], rows[0][1] if rows else 0


def rows_query(explanation_chars: int, note_chars: int) -> Select[Any]:
    """What `row_view` reads, with texts cut at so many characters."""
    return (
        select(
            MetricReview.id,
            Call.external_id,
            MetricReview.judged,
            MetricReview.actual_value,
            func.substr(MetricReview.explanation, 1, explanation_chars).label("explanation"),
            MetricReview.expected_value,
            func.substr(MetricReview.feedback, 1, note_chars).label("note"),
            func.coalesce(func.nullif(User.name, ""), User.email, "").label("labelled_by"),
            MetricReview.labelled_at,
            MetricReview.evaluated_at,
            MetricReview.unstable,
            MetricReview.revision,
        )
        .select_from(MetricReview)
        .join(Call, Call.id == MetricReview.call_id)
        .outerjoin(User, User.id == MetricReview.labelled_by)
    )


def row_view(row: Row[Any], settings: EvalSettings) -> RowView:
    judged = VerdictStatus(row.judged) if row.judged else None
    return RowView(
        review_id=row.id,
        external_id=row.external_id,
        judged=judged,
        actual=row.actual_value,
        explanation=row.explanation,
        expected=row.expected_value,
        note=row.note,
        labelled_by=row.labelled_by,
        labelled_at=row.labelled_at,
        evaluated_at=row.evaluated_at,
        unstable=row.unstable,
        revision=row.revision,
        alignment=alignment(row.expected_value, judged, row.actual_value, settings),
    )


def alignment(
    expected: str | None, judged: VerdictStatus | None, actual: str | None, settings: EvalSettings
) -> Alignment:
    """As the Lab's standing counts it: an answer that could not be read disagrees with every label."""
    if judged is None:
        return Alignment.NOT_EVALUATED
    if expected is None:
        return Alignment.UNLABELLED
    if judged is VerdictStatus.NOT_JUDGED:
        return Alignment.NOT_JUDGED
    if judged is VerdictStatus.ANSWERED and actual is not None and agrees(expected, actual, settings):
        return Alignment.AGREES
    return Alignment.DISAGREES
