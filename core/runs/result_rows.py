"""The labelled rows of a result: the judge's verdict under the live definition and under the candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import NotFound
from core.judging.changes import RowChange
from core.lab.excerpts import Excerpt, excerpt
from core.lab.transcripts import messages_of
from core.models import Call, MetricReview, RowResult
from core.row_changes import row_changes
from core.runs.access import result_for
from core.terms import Actor, Verdict, VerdictStatus

PAGE = 5
"""Rows on one page of each kind."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A row as it was judged in the result. `note` is the reviewer's, as it is now; `part`: learn, choose
    or held_out. `after` is None where there was no candidate."""

    review_id: int
    external_id: str
    expected: str
    note: str
    part: str
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some of the `total` rows with one change, and how many rows have which."""

    rows: tuple[RowView, ...]
    total: int
    counts: Mapping[RowChange, int]


@dataclass(frozen=True, slots=True)
class CallView:
    """A call with its transcript; a very long one is cut in the middle."""

    metric_id: int
    external_id: str
    transcript: Excerpt


def result_rows(
    database: Database, actor: Actor, result_id: int, change: RowChange, *, offset: int = 0, limit: int = PAGE
) -> RowPage:
    """The rows of a result that changed in one way, in the order of the Lab. Raises NotFound, NotAllowed.

    Which way is told here and not in the database, since numbers agree within the metric's tolerance.
    """
    with database.read() as session:
        result, metric = result_for(session, actor, result_id)
        changes = row_changes(session, result.id, metric.eval_settings)
        chosen = [row_id for row_id, what in changes.items() if what is change]
        return RowPage(
            rows=tuple(_views(session, chosen[offset : offset + limit])),
            total=len(chosen),
            counts=Counter(changes.values()),
        )


def row_call(database: Database, actor: Actor, result_id: int, review_id: int) -> CallView:
    """The call behind a row or a cited label of the result's metric. Raises NotFound, NotAllowed."""
    with database.read() as session:
        _, metric = result_for(session, actor, result_id)
        found = session.execute(
            select(Call.external_id, Call.transcript)
            .join(MetricReview, MetricReview.call_id == Call.id)
            .where(MetricReview.id == review_id, MetricReview.metric_id == metric.id)
        ).one_or_none()
        if found is None:
            raise NotFound("row in this metric's Lab", review_id)
        return CallView(metric.id, found.external_id, excerpt(messages_of(found.transcript)))


def _views(session: Session, ids: Sequence[int]) -> list[RowView]:
    rows = session.execute(
        select(RowResult, Call.external_id, MetricReview.feedback)
        .join(MetricReview, MetricReview.id == RowResult.review_id)
        .join(Call, Call.id == MetricReview.call_id)
        .where(RowResult.id.in_(ids))
        .order_by(RowResult.review_id)
    )
    return [_view(row, external_id, feedback) for row, external_id, feedback in rows]


def _view(row: RowResult, external_id: str, feedback: str) -> RowView:
    return RowView(
        review_id=row.review_id,
        external_id=external_id,
        expected=row.expected_value,
        note=feedback,
        part=row.part,
        before=_verdict(row.before_status, row.before_value, row.before_explanation),
        after=_verdict(row.after_status, row.after_value, row.after_explanation),
    )


def _verdict(status: str | None, value: str | None, explanation: str) -> Verdict | None:
    return None if status is None else Verdict(VerdictStatus(status), value, explanation)
