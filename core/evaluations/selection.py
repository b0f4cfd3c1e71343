"""Which calls of a Lab an evaluation judges."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFound, Refused
from core.lab import RowsAsked, ids_asked
from core.models import Metric, MetricReview

MAX_CHOSEN = 5_000
"""Calls that are named one by one; their ids are kept with the job."""
REVIEW_IDS = "review_ids"
EVERYTHING = RowsAsked()


class Kind(StrEnum):
    """`NEW` are calls that were never judged, `SAMPLE` some of the Lab at random, `ASKED` those that a
    filter and a search leave, `CHOSEN` those named one by one."""

    ALL = "all"
    NEW = "new"
    SAMPLE = "sample"
    ASKED = "asked"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Selection:
    """`size` is that of a sample, `asked` and `review_ids` belong to the kinds of these names."""

    kind: Kind = Kind.ALL
    size: int = 0
    asked: RowsAsked = EVERYTHING
    review_ids: tuple[int, ...] = ()


ALL = Selection()
NEW = Selection(Kind.NEW)


def rows_selected(session: Session, metric: Metric, selection: Selection) -> int:
    """How many calls it is now. Raises NotFound for a chosen row of another Lab."""
    if selection.kind is Kind.CHOSEN:
        return len(_chosen(session, metric, selection.review_ids))
    found = session.scalar(select(func.count()).select_from(_ids(session, metric, selection).subquery())) or 0
    return min(selection.size, found) if selection.kind is Kind.SAMPLE else found


def payload_of(session: Session, metric: Metric, selection: Selection) -> dict[str, Any]:
    """What the job keeps of the selection, and `review_ids_of` reads.

    Samples and what a filter leaves are settled here, so that a second worker goes on with the same
    calls. Raises NotFound, and Refused for more than MAX_CHOSEN calls by name.
    """
    if selection.kind in (Kind.ALL, Kind.NEW):
        return {"kind": selection.kind.value}
    return {"kind": selection.kind.value, REVIEW_IDS: _settled(session, metric, selection)}


def review_ids_of(session: Session, metric_id: int, payload: Mapping[str, Any]) -> Sequence[int]:
    """The review ids that a job is to judge, in their order."""
    if REVIEW_IDS in payload:
        return list(payload[REVIEW_IDS])
    query = select(MetricReview.id).where(MetricReview.metric_id == metric_id).order_by(MetricReview.id)
    if payload.get("kind") == Kind.NEW:
        query = query.where(MetricReview.judged.is_(None))
    return session.scalars(query).all()


def _settled(session: Session, metric: Metric, selection: Selection) -> list[int]:
    if selection.kind is Kind.CHOSEN:
        found = _chosen(session, metric, selection.review_ids)
    else:
        found = list(session.scalars(_ids(session, metric, selection).order_by(MetricReview.id)))
    if selection.kind is Kind.SAMPLE and len(found) > selection.size:
        found = sorted(random.SystemRandom().sample(found, max(0, selection.size)))
    if len(found) > MAX_CHOSEN:
        raise Refused(
            f"These are {len(found):,} calls, and at most {MAX_CHOSEN:,} can be evaluated by name: "
            "evaluate all calls, or a smaller sample."
        )
    return found


def _ids(session: Session, metric: Metric, selection: Selection) -> Select[int]:
    if selection.kind is Kind.ASKED:
        return ids_asked(session, metric, selection.asked).order_by(None)
    query = select(MetricReview.id).where(MetricReview.metric_id == metric.id)
    return query.where(MetricReview.judged.is_(None)) if selection.kind is Kind.NEW else query


def _chosen(session: Session, metric: Metric, review_ids: Sequence[int]) -> list[int]:
    """The ids without doubles, each of this Lab."""
    wanted = sorted(set(review_ids))
    if len(wanted) > MAX_CHOSEN:
        raise Refused(f"At most {MAX_CHOSEN:,} calls can be chosen one by one.")
    found = set(
        session.scalars(
            select(MetricReview.id).where(MetricReview.metric_id == metric.id, MetricReview.id.in_(wanted))
        )
    )
    for review_id in wanted:
        if review_id not in found:
            raise NotFound("row in this metric's Lab", review_id)
    return wanted
