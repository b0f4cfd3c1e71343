"""The moments a cron expression is due in a timezone, by the rules of Debian's cron(8).

cron(8) tells two kinds of jobs apart. A *fixed-time* job (neither minute nor hour starts with `*`)
runs once for each time it names: right after the gap where the clock went forward over that time,
and the first time where the clock goes back and shows it twice. A *wildcard* job follows the clock:
times in a gap are left out, times shown twice run twice. A change of more than three hours is a
correction of the calendar, and every job follows it; one of exactly three hours (Antarctica/Casey),
on which the manual is silent, is not, so that a daily job keeps its day.

Here cronsim walks naive wall-clock times only, and this module lays them onto UTC: given aware
times, cronsim 2.8 loses runs of wildcard jobs at changes of half an hour (Lord Howe) and at
gaps at midnight (Santiago), and makes up for days that never were (Apia, 30 December 2011).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby, islice, takewhile
from zoneinfo import ZoneInfo

from core.cron import notes
from core.cron.clock import Change, change_over, instant
from core.cron.expression import Cron
from core.errors import BadCron
from core.terms import Fire

_CORRECTION = timedelta(hours=3)


def next_fires(cron: Cron, zone: ZoneInfo, after: datetime, count: int) -> list[Fire]:
    """The next `count` fires strictly after `after` (aware), ascending.

    Each has a note where it meets a clock change. Fewer only where the calendar ends.
    """
    return list(islice(_fires(cron, zone, after), max(count, 0)))


def next_fire(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime:
    """The first fire strictly after `after` (aware), in UTC.

    Raises BadCron where there is none before the calendar ends in the year 9999.
    """
    for fire in _fires(cron, zone, after):
        return fire.at
    raise BadCron(f"“{cron.text}” does not run again after {after:%d %B %Y}.")


def fires_between(cron: Cron, zone: ZoneInfo, after: datetime, until: datetime, limit: int) -> list[datetime]:
    """The first `limit` fires, in UTC and ascending, after `after` and not later than `until` (aware)."""
    moments = (fire.at for fire in _fires(cron, zone, after))
    return list(islice(takewhile(lambda at: at <= until, moments), limit))


def _fires(cron: Cron, zone: ZoneInfo, after: datetime) -> Iterator[Fire]:
    """Fires after `after`, each moment once: a 02:00 that runs at 03:00 and the 03:00 itself are one."""
    if after.tzinfo is None:
        raise ValueError("“after” needs a timezone: a naive time would be read in the host's zone")
    with suppress(OverflowError):  # The calendar ends in the year 9999.
        last = after.astimezone(UTC)
        for fire in _by_wall_time(cron, zone, _where_to_start(last, zone)):
            if fire.at > last:
                last = fire.at
                yield fire


def _where_to_start(after: datetime, zone: ZoneInfo) -> datetime:
    """The naive wall-clock time from which no later fire is overlooked."""
    wall = after.astimezone(zone).replace(tzinfo=None)
    change = change_over(wall, zone)
    # A clock that shows `wall` twice has shown, or is to show again, times up to one change earlier.
    return wall + change.shift if change else wall


def _by_wall_time(cron: Cron, zone: ZoneInfo, start: datetime) -> Iterator[Fire]:
    """Fires of the wall-clock times after `start` (naive), in the order of UTC."""
    note = ""
    walls = cron.wall_times(start)
    for change, times in groupby(walls, key=partial(change_over, zone=zone)):
        if change is None:
            for wall in times:
                yield Fire(instant(wall, zone), note)
                note = ""
        elif not change.skips:
            yield from _repeated(tuple(times), zone, both=_follows(cron, change))
        elif _follows(cron, change):
            note = notes.left_out(tuple(times))
        else:
            yield Fire(change.at, notes.made_up(tuple(times), change, zone))


def _follows(cron: Cron, change: Change) -> bool:
    return cron.follows_the_clock or abs(change.shift) > _CORRECTION


def _repeated(times: Sequence[datetime], zone: ZoneInfo, *, both: bool) -> Iterator[Fire]:
    for wall in times:
        yield Fire(instant(wall, zone), notes.twice(wall, again=False) if both else notes.once(wall))
    for wall in times if both else ():
        yield Fire(instant(wall, zone, again=True), notes.twice(wall, again=True))
