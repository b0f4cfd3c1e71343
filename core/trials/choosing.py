"""The calls that a trial is made on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from core.lab import collect
from core.models import Call, Metric, MetricReview
from core.terms import LabelledRow
from core.trials.terms import MOST_RECENT, Scope, review_ids_of


def chosen_rows(
    session: Session, metric: Metric, scope: Scope, options: Mapping[str, Any]
) -> tuple[LabelledRow, ...]:
    """The rows as they are now, each known by its call.

    Raises NotFound for a review id that is not of this metric's Lab.
    """
    if scope is Scope.LABELS:
        rows = collect(session, metric.id, review_ids_of(options))
        return tuple(row for row in rows if row.labelled)
    recent = session.execute(recent_calls(metric, options.get("limit", MOST_RECENT)))
    return tuple(LabelledRow(call_id, call_id, digest, None) for call_id, digest in recent)


def how_many(session: Session, metric: Metric, scope: Scope, options: Mapping[str, Any]) -> int:
    """The number of rows that `chosen_rows` gives; of all labels, without reading them. Raises NotFound."""
    if scope is not Scope.LABELS or review_ids_of(options) is not None:
        return len(chosen_rows(session, metric, scope, options))
    labelled = (MetricReview.metric_id == metric.id, MetricReview.labelled.is_(True))
    return session.scalar(select(func.count()).select_from(MetricReview).where(*labelled)) or 0


def recent_calls(metric: Metric, limit: int) -> Select[int, str]:
    """The project's newest calls that have no label for the metric, in its Lab or not."""
    labelled = exists().where(
        MetricReview.metric_id == metric.id,
        MetricReview.call_id == Call.id,
        MetricReview.labelled.is_(True),
    )
    return (
        select(Call.id, Call.digest)
        .where(Call.project_id == metric.project_id, ~labelled)
        .order_by(Call.id.desc())
        .limit(limit)
    )
