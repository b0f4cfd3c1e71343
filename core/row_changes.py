"""What a candidate did to each labelled row of a result."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.judging.changes import RowChange, agreed, change_of
from core.models import RowResult
from core.terms import EvalSettings


def row_changes(session: Session, result_id: int, settings: EvalSettings) -> dict[int, RowChange]:
    """By row result id in the order of the Lab, without the explanations."""
    rows = session.execute(
        select(
            RowResult.id,
            RowResult.expected_value,
            RowResult.before_status,
            RowResult.before_value,
            RowResult.after_status,
            RowResult.after_value,
        )
        .where(RowResult.result_id == result_id)
        .order_by(RowResult.review_id)
    ).all()
    with_candidate = any(row.after_status is not None for row in rows)
    return {row.id: _change(row, settings, with_candidate) for row in rows}


def _change(row: Any, settings: EvalSettings, with_candidate: bool) -> RowChange:
    """Without a candidate a row agrees or is still wrong."""
    before = agreed(row.expected_value, row.before_status, row.before_value, settings)
    after = agreed(row.expected_value, row.after_status, row.after_value, settings)
    return change_of(before, after if with_candidate else before)
