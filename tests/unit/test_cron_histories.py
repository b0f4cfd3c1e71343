"""A daily job fires once a local day around every clock change from 2020 to 2030, in every zone's history.

Zones with the same changes are looked at once, and only the days around a change: the test over all zones
and all days takes minutes and stands with those that kill processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from core.cron import next_fires, parse, zone

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BEGINS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
AROUND = 2
"""Days looked at before a change and after it."""

Change = tuple[datetime, timedelta, timedelta]
"""The first minute (UTC) of an offset, the offset before it, and that offset."""


def offset(at: datetime, hands: ZoneInfo) -> timedelta:
    found = at.astimezone(hands).utcoffset()
    assert found is not None
    return found


def changes(hands: ZoneInfo) -> Iterator[Change]:
    """No zone changes twice within two days."""
    tick, before = BEGINS, offset(BEGINS, hands)
    while tick < ENDS:
        following = tick + 2 * DAY
        after = offset(following, hands)
        if after != before:
            yield first_minute(tick, following, hands), before, after
        tick, before = following, after


def first_minute(before: datetime, after: datetime, hands: ZoneInfo) -> datetime:
    old = offset(before, hands)
    while after - before > MINUTE:
        middle = before + MINUTE * ((after - before) // MINUTE // 2)
        before, after = (middle, after) if offset(middle, hands) == old else (before, middle)
    return after


@cache
def histories() -> dict[tuple[timedelta, tuple[Change, ...]], str]:
    """One zone for each distinct history: where it began, and its changes."""
    names = set(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
    found: dict[tuple[timedelta, tuple[Change, ...]], str] = {}
    for name in sorted(names - {"Factory"}):
        hands = zone(name)
        found.setdefault((offset(BEGINS, hands), tuple(changes(hands))), name)
    return found


def telling_times(change: Change) -> set[datetime]:
    """Wall-clock times (naive) that a change skips or repeats, the one it begins at, and an ordinary one."""
    at, before, after = change
    shown = at.replace(tzinfo=None)
    first, last = sorted((shown + before, shown + after))
    return {first, first + (last - first) // 2, last - MINUTE, last, first - 3 * timedelta(hours=1)}


def assert_once_a_day(hands: ZoneInfo, around: datetime) -> None:
    """Of a daily job at the time of `around` (naive): one fire for each of the days about it."""
    cron = parse(f"{around.minute} {around.hour} * * *")
    named = [around + number * DAY for number in range(-AROUND, AROUND + 1)]
    start = named[0].replace(tzinfo=hands) - DAY / 2
    for day, fire in zip(named, next_fires(cron, hands, start, len(named)), strict=True):
        shown = fire.at.astimezone(hands)
        # Right after the gap where the day does not have that time, and else then, the first time.
        last_shown = (fire.at - MINUTE).astimezone(hands).replace(tzinfo=None)
        made_up = last_shown < day < shown.replace(tzinfo=None)
        assert (shown.replace(tzinfo=None) == day and shown.fold == 0) or made_up, (hands.key, day, fire)


def test_there_are_dozens_of_distinct_histories_and_most_zones_share_one() -> None:
    assert 60 < len(histories()) < 200
    assert sum(1 for _, changed in histories() if changed) > 40


def test_a_daily_job_fires_once_on_every_local_day_around_every_change_of_every_history() -> None:
    for (_, changed), name in histories().items():
        for change in changed:
            for around in sorted(telling_times(change)):
                assert_once_a_day(zone(name), around)


def test_where_the_clock_never_changes_a_daily_job_fires_once_a_day() -> None:
    for (_, changed), name in histories().items():
        if not changed:
            assert_once_a_day(zone(name), datetime.fromisoformat("2024-02-29T00:00"))
