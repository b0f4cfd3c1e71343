"""Finding what a use case is about, and asking whether the actor may."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.errors import NotFound
from core.models import Metric, MetricReview
from core.terms import Actor, Role


def metric_for(
    session: Session,
    actor: Actor,
    metric_id: int,
    needed: Role,
    what: str,
    *,
    unseen: NotFound | None = None,
) -> Metric:
    """A metric that is not archived. `unseen` as in `authorise`, where it was found by another id than its
    own. Raises NotFound, NotAllowed."""
    metric = session.scalar(select(Metric).where(Metric.id == metric_id, Metric.archived_at.is_(None)))
    if metric is None:
        raise NotFound("metric", metric_id)
    authorise(session, actor, metric.project_id, needed, what, unseen=unseen or NotFound("metric", metric_id))
    return metric


def row_for(
    session: Session, actor: Actor, review_id: int, needed: Role, what: str, *, lock: bool = False
) -> tuple[MetricReview, Metric]:
    """A row of a Lab and its metric. Raises NotFound, NotAllowed."""
    review = session.get(MetricReview, review_id, with_for_update=lock)
    nothing = NotFound("row in a Lab", review_id)
    if review is None:
        raise nothing
    return review, metric_for(session, actor, review.metric_id, needed, what, unseen=nothing)
