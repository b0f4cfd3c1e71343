"""A metric's versions, and going back to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import MOST_COUNT, Database
from core.errors import EditedMeanwhile, NotFound, Refused
from core.metrics.usecases import MetricDetails, find_for, retrieve
from core.metrics.versions import live_version, make_live, refuse_other_version, supersede_waiting
from core.models import MetricVersion, Result, User
from core.outbox import How
from core.storable import storable_text
from core.terms import Actor, Definition, MetricType, Role


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version in a list; its texts come by `version_definition`, since they may be long.

    `author` is an address, or “Plumbline” for what the product did by itself; `run_id` is the run
    whose candidate it is.
    """

    number: int
    type: MetricType
    comment: str
    author: str
    origin: str
    created_at: datetime
    run_id: int | None
    live: bool


def list_versions(database: Database, actor: Actor, metric_id: int) -> list[VersionView]:
    """Every version of a metric, newest first. Raises NotFound, NotAllowed."""
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see this metric")
        rows = session.execute(
            select(
                MetricVersion.id,
                MetricVersion.number,
                MetricVersion.type,
                MetricVersion.comment,
                MetricVersion.origin,
                MetricVersion.created_at,
                User.email,
                Result.run_id,
            )
            .outerjoin(User, User.id == MetricVersion.author_id)
            .outerjoin(Result, Result.id == MetricVersion.result_id)
            .where(MetricVersion.metric_id == metric.id)
            .order_by(MetricVersion.number.desc())
        )
        return [_view(row, metric.live_version_id) for row in rows]


def version_definition(database: Database, actor: Actor, metric_id: int, number: int) -> Definition:
    """The four fields as they were in one version. Raises NotFound, NotAllowed."""
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see this metric")
        return _version(session, metric.id, number).definition


def restore(
    database: Database,
    actor: Actor,
    metric_id: int,
    number: int,
    *,
    reason: str,
    expected_revision: int | None = None,
    expected_version: int | None = None,
) -> MetricDetails:
    """Roll back: a new version equal to an old one goes live; history is never rewritten.

    What is expected is the revision or the live version that was looked at; None takes whatever is there.
    Raises NotFound, NotAllowed, Refused when that version says what the live one says, and EditedMeanwhile
    when the metric is no longer what was expected.
    """
    reason = storable_text(reason)
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "roll back metrics")
        old, live = _version(session, metric.id, number), live_version(session, metric)
        refuse_other_version(metric.name, live.number, expected_version)
        if old.digest == live.digest:
            raise Refused(f"Version {number} says the same as the live version {live.number}.")
        made = make_live(
            session,
            actor,
            metric,
            old.definition,
            expected_revision=metric.revision if expected_revision is None else expected_revision,
            comment=f"Rolled back to version {number}" + (f": {reason}" if reason else ""),
            how=How.ROLLED_BACK,
        )
        if made is None:
            raise EditedMeanwhile(
                f"“{metric.name}” was changed while you were looking at it; nothing was rolled back. "
                "Look at the version that is live now, then decide again."
            )
        supersede_waiting(session, metric.id, f"a rollback to version {number} (version {made.number})")
        audit.record(
            session,
            actor,
            "metric.restore",
            f"metric {metric.name}",
            project_id=metric.project_id,
            reason=reason,
            details={"from": live.number, "to": made.number, "restored": number},
        )
    return retrieve(database, actor, metric_id)


def _version(session: Session, metric_id: int, number: int) -> MetricVersion:
    found = None
    if number <= MOST_COUNT:
        found = session.scalar(
            select(MetricVersion).where(MetricVersion.metric_id == metric_id, MetricVersion.number == number)
        )
    if found is None:
        raise NotFound("version", number)
    return found


def _view(row: Any, live_version_id: int | None) -> VersionView:
    return VersionView(
        number=row.number,
        type=MetricType(row.type),
        comment=row.comment,
        author=row.email or "Plumbline",
        origin=row.origin,
        created_at=row.created_at,
        run_id=row.run_id,
        live=row.id == live_version_id,
    )
