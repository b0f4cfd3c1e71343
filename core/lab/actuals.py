"""Actual values: what the live definition says of the rows of a Lab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from core.db import database_now
from core.judging.values import agrees
from core.models import Metric, MetricReview, MetricVersion
from core.terms import EvalSettings, Verdict, VerdictStatus


def write_actuals(session: Session, verdicts: Mapping[int, Verdict], version_id: int) -> None:
    """Write a version's verdicts, by review id. A row that was not judged keeps what it had.

    One that the same version answered otherwise before is unstable from now on, until another version
    judges it.
    """
    judged = {
        review_id: verdict
        for review_id, verdict in verdicts.items()
        if verdict.status is not VerdictStatus.NOT_JUDGED
    }
    if not judged:
        return
    now, settings = database_now(session), _settings(session, version_id)
    rows = [
        {
            "id": before.id,
            "judged": judged[before.id].status.value,
            "actual_value": judged[before.id].value,
            "explanation": judged[before.id].explanation,
            "evaluated_at": now,
            "evaluated_version_id": version_id,
            "unstable": before.evaluated_version_id == version_id
            and (before.unstable or _differs(before, judged[before.id], settings)),
        }
        for before in _before(session, judged)
    ]
    if rows:
        session.execute(update(MetricReview), rows)


def _settings(session: Session, version_id: int) -> EvalSettings:
    version = session.get_one(MetricVersion, version_id)
    return session.get_one(Metric, version.metric_id).eval_settings


def _before(session: Session, judged: Mapping[int, Verdict]) -> list[Row[Any]]:
    query = select(
        MetricReview.id,
        MetricReview.judged,
        MetricReview.actual_value,
        MetricReview.evaluated_version_id,
        MetricReview.unstable,
    ).where(MetricReview.id.in_(judged))
    return list(session.execute(query.order_by(MetricReview.id)))


def _differs(before: Row[Any], verdict: Verdict, settings: EvalSettings) -> bool:
    if before.judged is None:
        return False
    if before.judged != verdict.status.value:
        return True
    if before.actual_value is None or verdict.value is None:
        return bool(before.actual_value != verdict.value)
    return not agrees(before.actual_value, verdict.value, settings)
