"""How many labels are no longer what they were when rows were judged."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from core.models import MetricReview, RowResult, TrialRow


def changed_labels(
    session: Session,
    metric_id: int,
    judged: type[RowResult] | type[TrialRow],
    mine: ColumnElement[bool],
    since: datetime,
) -> int:
    """Labels given, changed or taken back since the rows that `mine` chooses of `judged` were read.

    A judged row is compared with its label of today, so a label that was changed and changed back does
    not count, and neither does a note. A label on a row that was not judged counts when it is newer.
    """
    same_row = _same_row(judged)
    of_metric = MetricReview.metric_id == metric_id
    differs = or_(
        MetricReview.labelled.is_(False), MetricReview.expected_value.is_distinct_from(judged.expected_value)
    )
    changed = select(func.count()).select_from(judged).join(MetricReview, same_row & of_metric)
    given = select(func.count()).where(
        of_metric,
        MetricReview.labelled.is_(True),
        MetricReview.labelled_at > since,
        ~exists().where(mine, same_row),
    )
    return (session.scalar(changed.where(mine, differs)) or 0) + (session.scalar(given) or 0)


def _same_row(judged: type[RowResult] | type[TrialRow]) -> ColumnElement[bool]:
    if issubclass(judged, RowResult):
        return MetricReview.id == judged.review_id
    return MetricReview.call_id == judged.call_id
