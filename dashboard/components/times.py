"""Times as people say them, in the project's zone; UTC stays within reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def when(at: datetime | None, zone: ZoneInfo, now: datetime | None = None) -> str:
    """“today 14:05”, “Mon 23 Nov 09:00”, with the year where it is another one; a dash for None."""
    if at is None:
        return "—"
    local, today = at.astimezone(zone), (now or datetime.now(UTC)).astimezone(zone)
    days = (local.date() - today.date()).days
    names = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if days in names:
        return f"{names[days]} {local:%H:%M}"
    if local.year == today.year:
        return f"{local:%a %-d %b %H:%M}"
    return f"{local:%-d %b %Y %H:%M}"


def utc(at: datetime | None) -> str:
    """The same moment in UTC, for a tooltip."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def away(at: datetime, now: datetime | None = None) -> str:
    """“in 3 days”, “5 minutes ago”."""
    gap = at - (now or datetime.now(UTC))
    ahead = gap >= timedelta(0)
    words = _longest_unit(abs(gap).total_seconds())
    if words == "moments":
        return "in a moment" if ahead else "just now"
    return f"in {words}" if ahead else f"{words} ago"


def lasted(start: datetime | None, end: datetime | None) -> str:
    """How long something took: “12 s”, “3 min”."""
    if start is None or end is None:
        return "—"
    seconds = max(0.0, (end - start).total_seconds())
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _longest_unit(seconds: float) -> str:
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds // size)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "moments"
