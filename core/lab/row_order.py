"""Which rows of a Lab a person asked for, and in which order they come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    case,
    select,
    true,
)
from sqlalchemy.orm import Session

from core.lab.alignments import disagrees
from core.lab.queue_order import queue_rank, waits_for_a_person
from core.lab.searching import words_found
from core.lab.twins import contradictions, twofold_digests
from core.models import Call, Metric, MetricReview


class RowFilter(StrEnum):
    """Part of a Lab's rows. `TO_LABEL` is the queue; duplicates share a transcript with another row, and
    of contradicting ones the labels disagree, too."""

    ALL = "all"
    TO_LABEL = "to_label"
    DISAGREEING = "disagreeing"
    UNLABELLED = "unlabelled"
    LABELLED = "labelled"
    NOT_EVALUATED = "not_evaluated"
    UNSTABLE = "unstable"
    DUPLICATES = "duplicates"
    CONTRADICTING = "contradicting"


OF_ONE_TRANSCRIPT = (RowFilter.DUPLICATES, RowFilter.CONTRADICTING)


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """A filter, and words to be found in the external id, the transcript or the note."""

    show: RowFilter = RowFilter.ALL
    search: str = ""


def ids_asked(session: Session, metric: Metric, asked: RowsAsked) -> Select[int]:
    """Review ids of the asked rows in their order."""
    ids = from_lab(select(MetricReview.id), asked).where(wanted(session, metric, asked))
    return ids.order_by(*rank(session, metric, asked.show), MetricReview.id)


def from_lab(query: Select[Any], asked: RowsAsked) -> Select[Any]:
    """A query on MetricReview with all that the order and the condition of the asked rows speak of.

    Calls are joined only where their texts matter: they are much larger than the rows.
    """
    if asked.search.strip() or asked.show in OF_ONE_TRANSCRIPT:
        return query.join(Call, Call.id == MetricReview.call_id)
    return query


def wanted(session: Session, metric: Metric, asked: RowsAsked) -> ColumnElement[bool]:
    """The condition on MetricReview that the asked rows of the metric's Lab meet.

    It speaks of what `from_lab` joins.
    """
    of_lab = MetricReview.metric_id == metric.id
    return and_(of_lab, _shown(session, metric, asked.show), words_found(session, asked.search))


def rank(session: Session, metric: Metric, show: RowFilter) -> tuple[SQLColumnExpression[Any], ...]:
    """What rows are sorted by before their id: misaligned, then judged without a label, then the rest.

    The queue has an order of its own; rows of one transcript stand beside each other.
    """
    if show is RowFilter.TO_LABEL:
        return queue_rank(session, metric)
    if show in OF_ONE_TRANSCRIPT:
        return (Call.digest,)
    waiting = and_(MetricReview.labelled.is_(False), MetricReview.judged.is_not(None))
    return (case((disagrees(metric.eval_settings), 0), (waiting, 1), else_=2),)


def _shown(session: Session, metric: Metric, show: RowFilter) -> ColumnElement[bool]:
    if show is RowFilter.DISAGREEING:
        return disagrees(metric.eval_settings)
    if show is RowFilter.TO_LABEL:
        return waits_for_a_person(metric)
    if show is RowFilter.DUPLICATES:
        return Call.digest.in_(twofold_digests(metric))
    if show is RowFilter.CONTRADICTING:
        groups = contradictions(session, metric)
        return MetricReview.id.in_([review_id for group in groups for review_id in group])
    return {
        RowFilter.UNSTABLE: MetricReview.unstable.is_(True),
        RowFilter.UNLABELLED: MetricReview.labelled.is_(False),
        RowFilter.LABELLED: MetricReview.labelled.is_(True),
        RowFilter.NOT_EVALUATED: MetricReview.judged.is_(None),
    }.get(show, true())
