"""Rows of a Lab that share their transcript: duplicates, and labels that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.judging.values import agrees
from core.models import Call, Metric, MetricReview
from core.terms import EvalSettings


def twofold_in_project(metric: Metric) -> Select[str]:
    """Digests that several calls of the metric's project have; an index of those calls alone tells them."""
    return (
        select(Call.digest)
        .where(Call.project_id == metric.project_id, Call.repeated.is_(True))
        .correlate(None)
    )


def twofold_digests(metric: Metric) -> Select[str]:
    """Digests of the transcripts that several rows of the metric's Lab have.

    The project's calls are looked through by the index first, since a call's row holds its transcript.
    """
    return (
        select(Call.digest)
        .join(MetricReview, MetricReview.call_id == Call.id)
        .where(
            Call.project_id == metric.project_id,
            Call.digest.in_(twofold_in_project(metric)),
            MetricReview.metric_id == metric.id,
        )
        .group_by(Call.digest)
        .having(func.count() > 1)
        .correlate(None)
    )


def duplicates(session: Session, metric: Metric) -> int:
    """How many rows share their transcript with another row."""
    groups = twofold_digests(metric).add_columns(func.count().label("rows")).subquery()
    return session.scalar(select(func.coalesce(func.sum(groups.c.rows), 0))) or 0


def contradictions(session: Session, metric: Metric) -> tuple[tuple[int, ...], ...]:
    """Review ids of labelled rows with the same transcript, where two of the labels disagree."""
    query = (
        select(Call.digest, MetricReview.id, MetricReview.expected_value)
        .join(MetricReview, MetricReview.call_id == Call.id)
        .where(
            Call.project_id == metric.project_id,
            Call.digest.in_(twofold_digests(metric)),
            MetricReview.metric_id == metric.id,
            MetricReview.labelled.is_(True),
        )
        .order_by(MetricReview.id)
    )
    labels: defaultdict[str, dict[int, str | None]] = defaultdict(dict)
    for digest, review_id, expected in session.execute(query):
        labels[digest][review_id] = expected
    settings = metric.eval_settings
    return tuple(tuple(group) for group in labels.values() if _contradict(group.values(), settings))


def _contradict(labels: Iterable[str | None], settings: EvalSettings) -> bool:
    values = {label for label in labels if label is not None}
    return any(not agrees(one, other, settings) for one, other in combinations(values, 2))
