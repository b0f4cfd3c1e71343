"""Fires that nobody will handle any more: whatever ends a schedule, each due moment leaves a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from core.cron import fires_between, parse, zone
from core.db import database_now, insert_new
from core.errors import BadCron, UnknownZone
from core.models import FireRecord, Schedule
from core.schedules.settling import MISSED, MOST_AT_ONCE


def write_overdue(session: Session, schedule: Schedule, reason: str) -> None:
    """Put every moment down as missed, for this reason, at which the schedule was due and not handled.

    To be called before its next fire is moved or taken away. Of a rhythm that is no longer understood
    only the one moment is known that was waited for.
    """
    now = database_now(session)
    for moments in _due(schedule, now):
        rows = [
            {
                "schedule_id": schedule.id,
                "due_at": moment,
                "kind": MISSED,
                "reason": reason,
                "created_at": now,
            }
            for moment in moments
        ]
        insert_new(session, FireRecord, rows, FireRecord.id)


def _due(schedule: Schedule, now: datetime) -> Iterator[list[datetime]]:
    """The moments until now, ascending, as many at once as fit a statement."""
    first = schedule.next_fire_at
    if first is None or first > now:
        return
    moments = [first]
    try:
        cron, hands = parse(schedule.cron), zone(schedule.timezone)
    except (BadCron, UnknownZone):
        yield moments
        return
    while moments:
        yield moments
        moments = fires_between(cron, hands, moments[-1], now, MOST_AT_ONCE)
