"""Actual values: what the live definition says of the rows of a Lab."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.db import database_now
from core.models import MetricReview
from core.terms import Verdict, VerdictStatus


def write_actuals(session: Session, verdicts: Mapping[int, Verdict], version_id: int) -> None:
    """Write a version's verdicts, by review id. A row that was not judged keeps what it had."""
    now = database_now(session)
    rows = [
        {
            "id": review_id,
            "judged": verdict.status.value,
            "actual_value": verdict.value,
            "explanation": verdict.explanation,
            "evaluated_at": now,
            "evaluated_version_id": version_id,
        }
        for review_id, verdict in verdicts.items()
        if verdict.status is not VerdictStatus.NOT_JUDGED
    ]
    if rows:
        session.execute(update(MetricReview), rows)
