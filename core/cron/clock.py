"""Wall-clock times that a clock change skips or shows twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a zone's offset from UTC: at `at` (UTC) the clock moves by `shift`."""

    at: datetime
    shift: timedelta

    @property
    def skips(self) -> bool:
        """Whether the clock goes forward, so that wall-clock times are missing; else they repeat."""
        return self.shift > timedelta(0)


def instant(wall: datetime, zone: ZoneInfo, *, again: bool = False) -> datetime:
    """The UTC moment at which the clock shows `wall` (naive), for the second time if `again`."""
    return wall.replace(tzinfo=zone, fold=int(again)).astimezone(UTC)


def change_over(wall: datetime, zone: ZoneInfo) -> Change | None:
    """The change that skips or repeats `wall` (naive); None for a time that is there once."""
    first, again = instant(wall, zone), instant(wall, zone, again=True)
    # PEP 495: fold=0 takes the offset before the change, fold=1 the one after it.
    if first == again:
        return None
    return Change(_moment_of_change(min(first, again), max(first, again), zone), first - again)


def _moment_of_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second of the new offset, between two UTC moments on either side of it."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
