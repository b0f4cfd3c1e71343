"""Rows of a Lab by the external ids of their calls."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from core.db import Database
from core.lab.access import metric_for
from core.models import Call, MetricReview
from core.storable import storable_text
from core.terms import Actor, Role


def rows_of_calls(
    database: Database, actor: Actor, metric_id: int, external_ids: Collection[str]
) -> dict[str, int]:
    """Review ids by external id as it is stored, for the calls that are in the metric's Lab.

    Raises NotFound, NotAllowed.
    """
    wanted = [storable_text(external_id) for external_id in external_ids]
    with database.read() as session:
        metric = metric_for(session, actor, metric_id, Role.VIEWER, "see labels")
        query = (
            select(Call.external_id, MetricReview.id)
            .join(MetricReview, MetricReview.call_id == Call.id)
            .where(MetricReview.metric_id == metric.id, Call.external_id.in_(wanted))
            .order_by(MetricReview.id)
        )
        return {row.external_id: row.id for row in session.execute(query)}
