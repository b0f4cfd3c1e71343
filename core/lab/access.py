"""Finding what a use case is about, and asking whether the actor may."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.errors import NotFound
from core.models import Metric
from core.terms import Actor, Role


def metric_for(session: Session, actor: Actor, metric_id: int, needed: Role, what: str) -> Metric:
    """A metric that is not archived. Raises NotFound, NotAllowed."""
    metric = session.scalar(select(Metric).where(Metric.id == metric_id, Metric.archived_at.is_(None)))
    if metric is None:
        raise NotFound("metric", metric_id)
    authorise(session, actor, metric.project_id, needed, what)
    return metric
