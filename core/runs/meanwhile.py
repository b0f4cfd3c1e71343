"""What changed in a metric since a run started from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Metric, MetricVersion, Result, User
from core.notifications.summary import definition_fields

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
    """`versions` are the newest ones since, newest first; `live` are the fields of the live definition as
    text. `settings_changed`: the eval settings were, which make a score incomparable, too."""

    versions: tuple[LaterVersion, ...]
    live_version: int
    live: Mapping[str, str]
    settings_changed: bool


def meanwhile(session: Session, result: Result, metric: Metric) -> Meanwhile | None:
    """None where the metric is what the run started from, or what it made of it."""
    if result.base_version_id is None or result.base_revision is None:
        return None
    if metric.live_version_id == result.applied_version_id:
        return None
    base = session.get_one(MetricVersion, result.base_version_id)
    later = _later(session, metric.id, base.number)
    settings_changed = metric.revision - result.base_revision > len(later) and len(later) < SHOWN
    if not later and not settings_changed:
        return None
    live = session.get_one(MetricVersion, metric.live_version_id)
    return Meanwhile(later, live.number, definition_fields(live.definition), settings_changed)


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
