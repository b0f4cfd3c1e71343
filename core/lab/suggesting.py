"""Which rows to label next, and why those."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.judging.values import possible_values
from core.lab.access import metric_for
from core.lab.queue_order import Why, labels_by_value, queue_rank, waits_for_a_person, why
from core.models import Call, Metric, MetricReview
from core.terms import Actor, Role

SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A row that wants a person. `rare_value`: the judge's answer, where it has the fewest labels."""

    review_id: int
    external_id: str
    why: Why
    rare_value: str | None


def suggestions(
    database: Database, actor: Actor, metric_id: int, limit: int = SUGGESTED
) -> tuple[Suggestion, ...]:
    """The first rows of the queue. Raises NotFound, NotAllowed."""
    with database.read() as session:
        metric = metric_for(session, actor, metric_id, Role.VIEWER, "see labels")
        rare = _rare_values(session, metric)
        rows = session.execute(
            select(MetricReview.id, Call.external_id, why(metric), MetricReview.actual_value)
            .join(Call, Call.id == MetricReview.call_id)
            .where(MetricReview.metric_id == metric_id, waits_for_a_person(metric))
            .order_by(*queue_rank(session, metric), MetricReview.id)
            .limit(limit)
        )
        return tuple(
            Suggestion(review_id, name, Why(reason), answer if reason == Why.NEW and answer in rare else None)
            for review_id, name, reason, answer in rows
        )


def _rare_values(session: Session, metric: Metric) -> set[str]:
    """The possible values with the fewest labels, where some have more."""
    labels = labels_by_value(session, metric.id)
    counts = {value: labels.get(value, 0) for value in possible_values(metric.eval_settings)}
    fewest = min(counts.values(), default=0)
    return {value for value, count in counts.items() if count == fewest < max(counts.values())}
