"""Rows of a metric's Lab, many at once: made where they are missing, marked where something is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db import database_now, insert_new
from core.lab.history import ChangeKind, record_change
from core.lab.marks import NO_MARK, HeldMark, Mark
from core.models import MetricReview

IDS_AT_ONCE = 500
"""Ids in one query; databases limit how many values a statement may name."""


def add_rows(session: Session, metric_id: int, call_ids: Iterable[int]) -> int:
    """Put calls into the metric's Lab, unlabelled; how many were not there yet."""
    return len(_insert_rows(session, metric_id, dict.fromkeys(call_ids, NO_MARK), labelled_by=None))


def held_marks(
    session: Session, metric_id: int, call_ids: Sequence[int], *, lock: bool = False
) -> dict[int, HeldMark]:
    """The marks of the calls that are in the Lab, by call id; `lock` keeps others from editing them."""
    held: dict[int, HeldMark] = {}
    for start in range(0, len(call_ids), IDS_AT_ONCE):
        query = (
            select(
                MetricReview.call_id,
                MetricReview.id,
                MetricReview.revision,
                MetricReview.expected_value,
                MetricReview.feedback,
                MetricReview.labelled_by,
                MetricReview.labelled_at,
            )
            .where(
                MetricReview.metric_id == metric_id,
                MetricReview.call_id.in_(call_ids[start : start + IDS_AT_ONCE]),
            )
            .order_by(MetricReview.id)
        )
        for call_id, review_id, revision, expected, feedback, by, at in session.execute(
            query.with_for_update() if lock else query
        ):
            held[call_id] = HeldMark(review_id, revision, Mark(expected, feedback), by, at)
    return held


def write_marks(
    session: Session, metric_id: int, marks: Mapping[int, Mark], labelled_by: int | None
) -> list[tuple[Mark, Mark]]:
    """Bring marks, by call id, into the Lab; the mark before and after of each.

    Rows that are missing are made. One that is there is changed, and its revision counted up, only
    where the mark says something new.
    """
    made = _insert_rows(session, metric_id, marks, labelled_by)
    held = held_marks(session, metric_id, [call_id for call_id in marks if call_id not in made], lock=True)
    changes = {call_id: (row.mark, row.mark.updated_by(marks[call_id])) for call_id, row in held.items()}
    changed = [(held[call_id], after) for call_id, (before, after) in changes.items() if after != before]
    _update_rows(session, changed, labelled_by)
    return [(NO_MARK, marks[call_id]) for call_id in made] + list(changes.values())


def _insert_rows(
    session: Session, metric_id: int, marks: Mapping[int, Mark], labelled_by: int | None
) -> set[int]:
    signed = {"labelled_by": labelled_by, "labelled_at": database_now(session)}
    unsigned = dict.fromkeys(signed)
    rows = [
        {"metric_id": metric_id, "call_id": call_id, **_columns(mark), **(signed if mark else unsigned)}
        for call_id, mark in marks.items()
    ]
    return {row.call_id for row in insert_new(session, MetricReview, rows, MetricReview.call_id)}


def _update_rows(session: Session, changed: Sequence[tuple[HeldMark, Mark]], labelled_by: int | None) -> None:
    """By primary key, in one statement for all; the rows are locked, so their revisions stand."""
    if not changed:
        return
    now = database_now(session)
    signed = {"labelled_by": labelled_by, "labelled_at": now}
    rows = [
        {"id": row.review_id, "revision": row.revision + 1, **_columns(mark), **signed}
        for row, mark in changed
    ]
    session.execute(update(MetricReview), rows)
    for row, mark in changed:
        record_change(session, row, mark, ChangeKind.IMPORT, labelled_by, now)


def _columns(mark: Mark) -> dict[str, Any]:
    return {"labelled": mark.labelled, "expected_value": mark.expected, "feedback": mark.feedback}
