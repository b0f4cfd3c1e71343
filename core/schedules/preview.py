"""What the form shows while a schedule is being written: plain English and the next fires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from core.cron import describe, next_fires, parse, zone
from core.errors import BadCron
from core.terms import Fire

SHOWN_FIRES = 5
OFTEN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Preview:
    """`description` is plain English; `fires` are the next ones, ascending, in UTC.

    `often`: two of them are less than half a day apart, which is more than labels are given.
    """

    description: str
    fires: tuple[Fire, ...]
    often: bool


def preview(cron: str, timezone: str, now: datetime, count: int = SHOWN_FIRES) -> Preview:
    """When a schedule written so would fire after `now` (aware). Raises BadCron, UnknownZone."""
    parsed, place = parse(cron), zone(timezone)
    fires = tuple(next_fires(parsed, place, now, count))
    if not fires:
        raise BadCron(f"“{parsed.text}” does not run again.")
    gaps = (later.at - earlier.at for earlier, later in pairwise(fires))
    return Preview(describe(parsed, place), fires, any(gap < OFTEN for gap in gaps))
