"""What changed in a metric since a run started from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.models import Metric, MetricVersion, Result, User
from core.notifications.summary import definition_fields
from core.runs.settings_since import SettingChange, changes_of_metric, changes_of_project

SHOWN = 20


@dataclass(frozen=True, slots=True)
class LaterVersion:
    """A version made since; `author` is an address, or “Plumbline”."""

    number: int
    author: str
    comment: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """`versions` are the newest of the `count` since, newest first; `live` are the fields of the live
    definition as text. `resettled`: what a score depends on beside the definition was changed, and `settings`
    are what of it is another one now, where the audit tells."""

    versions: tuple[LaterVersion, ...]
    count: int
    live_version: int
    live: Mapping[str, str]
    resettled: bool
    settings: tuple[SettingChange, ...]


def meanwhile(session: Session, result: Result, metric: Metric) -> Meanwhile | None:
    """None where the metric is what the run started from, or what it made of it."""
    if result.base_version_id is None or result.base_revision is None:
        return None
    if metric.live_version_id == result.applied_version_id:
        return None
    base = session.get_one(MetricVersion, result.base_version_id)
    count = _count_later(session, metric.id, base.number)
    resettled = metric.revision - result.base_revision - count
    settings = changes_of_metric(session, metric, resettled) if resettled > 0 else ()
    if result.started_at is not None:
        settings += changes_of_project(session, metric, result.started_at)
    if not count and resettled <= 0 and not settings:
        return None
    live = session.get_one(MetricVersion, metric.live_version_id)
    return Meanwhile(
        versions=_later(session, metric.id, base.number),
        count=count,
        live_version=live.number,
        live=definition_fields(live.definition),
        resettled=resettled > 0 or bool(settings),
        settings=settings,
    )


def _count_later(session: Session, metric_id: int, number: int) -> int:
    mine = (MetricVersion.metric_id == metric_id, MetricVersion.number > number)
    return session.scalar(select(func.count()).select_from(MetricVersion).where(*mine)) or 0


def _later(session: Session, metric_id: int, number: int) -> tuple[LaterVersion, ...]:
    rows = session.execute(
        select(MetricVersion.number, User.email, MetricVersion.comment, MetricVersion.created_at)
        .outerjoin(User, User.id == MetricVersion.author_id)
        .where(MetricVersion.metric_id == metric_id, MetricVersion.number > number)
        .order_by(MetricVersion.number.desc())
        .limit(SHOWN)
    )
    return tuple(
        LaterVersion(number, email or "Plumbline", comment, created_at)
        for number, email, comment, created_at in rows
    )
