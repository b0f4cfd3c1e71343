"""The queue: which rows of a Lab want a person, and which of them first.

1. *Misaligned*: the label differs from the judge's answer and nobody said why. A note there teaches most.
2. *Unsure*: no label yet, and the judge answered otherwise when it was asked again, or unreadably.
3. *New*: judged and not labelled. Rows answered with the value that has the fewest labels come first, so
   that the classes come to balance; rows whose transcript has a label already come last.
4. Not judged and not labelled.

Rows that are alike in all this are spread over the Lab: neighbours in a file are often about one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from core.lab.alignments import disagrees
from core.lab.twins import twofold_in_project
from core.models import Call, Metric, MetricReview
from core.terms import VerdictStatus

STRIDE, SPREAD = 7_919, 10_007
"""Primes: ids that follow each other come to lie far apart."""


class Why(IntEnum):
    """Why a row waits for a person, the most urgent first."""

    MISALIGNED = 0
    UNSURE = 1
    NEW = 2
    NOT_JUDGED = 3


def waits_for_a_person(metric: Metric) -> ColumnElement[bool]:
    return or_(MetricReview.labelled.is_(False), _misaligned(metric))


def why(metric: Metric) -> ColumnElement[int]:
    """The Why of a row that waits for a person."""
    unreadable = MetricReview.judged == VerdictStatus.UNREADABLE.value
    return case(
        (_misaligned(metric), Why.MISALIGNED.value),
        (MetricReview.judged.is_(None), Why.NOT_JUDGED.value),
        (or_(MetricReview.unstable.is_(True), unreadable), Why.UNSURE.value),
        else_=Why.NEW.value,
    )


def queue_rank(session: Session, metric: Metric) -> tuple[SQLColumnExpression[Any], ...]:
    """What the rows of the queue are sorted by, before their id."""
    return (
        why(metric),
        _has_labelled_twin(metric),
        _labels_of_the_answer(labels_by_value(session, metric.id)),
        (MetricReview.id * STRIDE) % SPREAD,
    )


def labels_by_value(session: Session, metric_id: int) -> dict[str, int]:
    """How many labels each value has in a Lab."""
    found = session.execute(
        select(MetricReview.expected_value, func.count())
        .where(MetricReview.metric_id == metric_id, MetricReview.labelled.is_(True))
        .group_by(MetricReview.expected_value)
    )
    return {value: count for value, count in found if value is not None}


def _misaligned(metric: Metric) -> ColumnElement[bool]:
    return and_(disagrees(metric.eval_settings), MetricReview.feedback == "")


def _has_labelled_twin(metric: Metric) -> ColumnElement[int]:
    twin = and_(MetricReview.labelled.is_(False), MetricReview.call_id.in_(_calls_like_labelled_ones(metric)))
    return case((twin, 1), else_=0)


def _calls_like_labelled_ones(metric: Metric) -> Select[int]:
    """Ids of calls whose transcript has a label in this Lab, where several calls share it."""
    labelled = (
        select(Call.digest)
        .join(MetricReview, MetricReview.call_id == Call.id)
        .where(
            Call.project_id == metric.project_id,
            Call.digest.in_(twofold_in_project(metric)),
            MetricReview.metric_id == metric.id,
            MetricReview.labelled.is_(True),
        )
        .correlate(None)
    )
    return (
        select(Call.id).where(Call.project_id == metric.project_id, Call.digest.in_(labelled)).correlate(None)
    )


def _labels_of_the_answer(labels: Mapping[str, int]) -> ColumnElement[int]:
    """How many labels the value has that the judge answered."""
    if not labels:
        return literal(0)
    return case(labels, value=MetricReview.actual_value, else_=0)
