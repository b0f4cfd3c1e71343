"""What the other metrics of a project say of calls, for the scripts of a metric that is code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from core.db import Database
from core.judging.call_data import GivenVerdict
from core.judging.values import plain_value
from core.models import Metric, MetricReview
from core.terms import EvalSettings, EvalType, VerdictStatus

LOADED_AT_ONCE = 500


class StoredVerdicts:
    """The newest readable answers of a project's other metrics, each load in a short session of its own.

    `metric_id` None: of all its metrics, for one that is not made yet.
    """

    def __init__(self, database: Database, project_id: int, metric_id: int | None) -> None:
        self._database, self._project_id, self._metric_id = database, project_id, metric_id

    def of(self, call_ids: Sequence[int]) -> Mapping[int, Mapping[str, GivenVerdict]]:
        """By call id, then by the name of the metric."""
        found: dict[int, dict[str, GivenVerdict]] = defaultdict(dict)
        for start in range(0, len(call_ids), LOADED_AT_ONCE):
            self._load(call_ids[start : start + LOADED_AT_ONCE], found)
        return found

    def _load(self, call_ids: Sequence[int], found: dict[int, dict[str, GivenVerdict]]) -> None:
        review = MetricReview
        query = (
            select(
                review.call_id,
                review.actual_value,
                review.explanation,
                Metric.name,
                Metric.eval_type,
                Metric.enum_values,
            )
            .join(Metric, Metric.id == review.metric_id)
            .where(
                review.call_id.in_(call_ids),
                review.judged == VerdictStatus.ANSWERED.value,
                Metric.project_id == self._project_id,
                Metric.archived_at.is_(None),
            )
            .order_by(Metric.id)
        )
        if self._metric_id is not None:
            query = query.where(Metric.id != self._metric_id)
        with self._database.read() as session:
            for call_id, value, explanation, name, eval_type, enum_values in session.execute(query):
                settings = EvalSettings(EvalType(eval_type), tuple(enum_values))
                if value is not None:
                    found[call_id][name] = GivenVerdict(plain_value(value, settings), explanation)
