"""When a project is reminded: Mondays at nine in its own zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAY, HOUR = 0, 9
LATE = timedelta(days=2)
"""After a longer outage the reminder is left out: the next one is near."""


def last_moment(now: datetime, zone: ZoneInfo) -> datetime:
    """The newest Monday at nine that is not ahead; aware, in the zone."""
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=(local.weekday() - WEEKDAY) % 7)
    moment = datetime.combine(monday, time(HOUR), zone)
    if moment > now:
        moment = datetime.combine(monday - timedelta(days=7), time(HOUR), zone)
    return moment


def is_due(now: datetime, zone: ZoneInfo, since: datetime) -> bool:
    """Whether the newest moment is one that was not looked at yet; `since` is when it was last looked."""
    return since < last_moment(now, zone)


def is_late(now: datetime, zone: ZoneInfo) -> bool:
    return now - last_moment(now, zone) > LATE
