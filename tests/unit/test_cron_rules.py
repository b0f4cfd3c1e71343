"""Rules that hold for any expression, moment and zone, and an oracle that steps minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cron import Cron, fires_between, next_fire, next_fires, parse, zone

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

CHANGES = [
    ("America/Los_Angeles", "2026-03-08", "one hour forward"),
    ("America/Los_Angeles", "2026-11-01", "one hour back"),
    ("Australia/Lord_Howe", "2026-04-04", "half an hour back"),
    ("Australia/Lord_Howe", "2026-10-03", "half an hour forward"),
    ("Africa/Casablanca", "2026-02-15", "back for Ramadan"),
    ("Africa/Casablanca", "2026-03-22", "forward after Ramadan"),
    ("America/Sao_Paulo", "2018-11-04", "forward at midnight"),
    ("America/Sao_Paulo", "2018-02-18", "back at midnight into the day before"),
    ("America/Santiago", "2026-09-06", "forward at midnight on a Sunday"),
    ("Asia/Tehran", "2022-03-21", "forward at midnight"),
    ("Europe/Dublin", "2026-03-29", "negative summer time, forward"),
    ("Europe/Dublin", "2026-10-25", "negative summer time, back"),
    ("Antarctica/Troll", "2026-03-29", "two hours forward"),
    ("Antarctica/Troll", "2026-10-25", "two hours back"),
    ("Antarctica/Casey", "2020-10-03", "three hours forward"),
    ("Antarctica/Casey", "2021-03-13", "three hours back"),
    ("America/Nuuk", "2026-03-28", "forward up to midnight"),
    ("America/Havana", "2026-11-01", "back to midnight"),
    ("Asia/Pyongyang", "2018-05-04", "half an hour forward up to midnight"),
    ("Pacific/Apia", "2011-12-30", "a day that never was"),
]

MINUTES = ["0", "30", "59", "0,30", "15,45", "5-50/15", "*/30", "*/45", "*/7", "*"]
HOURS = ["0", "1", "2", "3", "23", "0,12", "1-3", "0-23/2", "22-23", "*/2", "*/3", "*"]
DAYS = ["*", "*", "*", "1-15", "*/2", "L"]
MONTHS = ["*", "*", "2-4,9-11"]
WEEKDAYS = ["*", "*", "*", "0", "1-5", "*/2", "7"]

expressions = st.builds(
    " ".join,
    st.tuples(*(st.sampled_from(field) for field in (MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS))),
)
zone_names = st.sampled_from(sorted({name for name, _, _ in CHANGES} | {"UTC", "Asia/Kolkata"}))
moments = st.datetimes(
    datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2030-01-01"), timezones=st.just(UTC)
)
near_changes = st.builds(
    lambda change, seconds: (
        zone(change[0]),
        datetime.fromisoformat(f"{change[1]}T00:00Z") + timedelta(seconds=seconds),
    ),
    st.sampled_from(CHANGES),
    st.integers(-86_400, 2 * 86_400),
)


# --- the oracle -------------------------------------------------------------------------------


def matching(text: str, low: int, high: int) -> set[int]:
    """The values of a field that has numbers, lists, ranges and steps."""
    values: set[int] = set()
    for term in text.split(","):
        body, _, step = term.partition("/")
        first, _, last = body.partition("-")
        span = (low, high) if body == "*" else (int(first), int(last or first))
        values.update(range(span[0], span[1] + 1, int(step or 1)))
    return values


class CrontabLine:
    """crontab(5): either day field matches, or both must where one begins with `*`."""

    def __init__(self, expression: str) -> None:
        minute, hour, day, month, weekday = expression.split()
        self.wild = minute.startswith("*") or hour.startswith("*")
        self.both_days = day.startswith("*") or weekday.startswith("*")
        self.minutes, self.hours = matching(minute, 0, 59), matching(hour, 0, 23)
        self.last_day = day == "L"
        self.days = set() if self.last_day else matching(day, 1, 31)
        self.months = matching(month, 1, 12)
        self.weekdays = {number % 7 for number in matching(weekday, 0, 7)}

    def matches(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours or wall.month not in self.months:
            return False
        day = (wall + DAY).day == 1 if self.last_day else wall.day in self.days
        weekday = wall.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.both_days else (day or weekday)


@cache
def clock(name: str, start: datetime, minutes: int) -> list[tuple[datetime, datetime]]:
    """What the zone's clock shows at each minute of UTC."""
    hands = zone(name)
    ticks = (start + number * MINUTE for number in range(minutes))
    return [(tick, tick.astimezone(hands).replace(tzinfo=None)) for tick in ticks]


def stepped(line: CrontabLine, ticks: list[tuple[datetime, datetime]]) -> Iterator[datetime]:
    """A virtual time that catches up with the clock, or waits for it, as cron(8) describes.

    Several skipped times run as one, and a change of exactly three hours is one to catch up with: there
    the manual leaves a hole and the daemon would lose the day.
    """
    virtual = ticks[0][1]
    for tick, shown in ticks[1:]:
        ahead = shown - virtual
        due = line.matches(shown)
        if not line.wild and abs(ahead) <= 3 * HOUR + MINUTE:
            passed = (virtual + number * MINUTE for number in range(1, ahead // MINUTE + 1))
            due = any(line.matches(wall) for wall in passed)
        if due:
            yield tick
        if ahead > timedelta(0) or abs(ahead) > 3 * HOUR + MINUTE:
            virtual = shown


@settings(max_examples=10, deadline=None)
@given(expression=expressions)
@pytest.mark.parametrize(
    ("name", "day", "what"), CHANGES, ids=[f"{name} {what}" for name, _, what in CHANGES]
)
def test_fires_around_a_change_are_those_of_a_cron_that_steps_minute_by_minute(
    name: str, day: str, what: str, expression: str
) -> None:
    middle = datetime.fromisoformat(f"{day}T00:00Z")
    ticks = clock(name, middle - 3 * DAY, 6 * 24 * 60)
    found = fires_between(parse(expression), zone(name), ticks[0][0], ticks[-1][0], len(ticks))
    assert found == list(stepped(CrontabLine(expression), ticks))


@pytest.mark.parametrize("expression", ["30 2 * * *", "15,45 1-3 * * 1-6", "*/20 */2 * * *", "0 0 1 * 5"])
@pytest.mark.parametrize("name", ["America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_fires_of_two_months_are_those_of_a_cron_that_steps_minute_by_minute(
    name: str, expression: str
) -> None:
    ticks = clock(name, datetime(2026, 2, 10, tzinfo=UTC), 60 * 24 * 60)
    found = fires_between(parse(expression), zone(name), ticks[0][0], ticks[-1][0], len(ticks))
    assert found == list(stepped(CrontabLine(expression), ticks))


# --- properties -------------------------------------------------------------------------------


def shows(line: CrontabLine, at: datetime, hands: ZoneInfo) -> bool:
    return line.matches(at.astimezone(hands).replace(tzinfo=None))


def is_end_of_gap(at: datetime, hands: ZoneInfo) -> bool:
    before, after = (at - MINUTE).astimezone(hands), at.astimezone(hands)
    return after.replace(tzinfo=None) - before.replace(tzinfo=None) > MINUTE


@settings(max_examples=100, deadline=None)
@given(expression=expressions, place=st.one_of(near_changes, st.tuples(zone_names.map(zone), moments)))
def test_the_next_fire_is_later_and_matches_the_clock_except_right_after_a_gap(
    expression: str, place: tuple[ZoneInfo, datetime]
) -> None:
    hands, after = place
    at = next_fire(parse(expression), hands, after)
    line = CrontabLine(expression)
    assert at > after
    assert shows(line, at, hands) or (not line.wild and is_end_of_gap(at, hands))


@settings(max_examples=100, deadline=None)
@given(expression=expressions, place=near_changes)
def test_fires_strictly_increase_and_each_is_the_next_of_the_one_before(
    expression: str, place: tuple[ZoneInfo, datetime]
) -> None:
    hands, after = place
    cron = parse(expression)
    fires = [after, *(fire.at for fire in next_fires(cron, hands, after, 6))]
    assert all(earlier < later for earlier, later in pairwise(fires))
    assert all(next_fire(cron, hands, earlier) == later for earlier, later in pairwise(fires))


@settings(max_examples=100, deadline=None)
@given(expression=expressions, place=near_changes, cut=st.integers(0, 86_400))
def test_asking_in_two_parts_gives_what_asking_once_gives(
    expression: str, place: tuple[ZoneInfo, datetime], cut: int
) -> None:
    hands, start = place
    cron, end = parse(expression), start + DAY
    middle = start + timedelta(seconds=cut)
    first = fires_between(cron, hands, start, middle, 2000)
    assert first + fires_between(cron, hands, middle, end, 2000) == fires_between(
        cron, hands, start, end, 2000
    )


@settings(max_examples=40, deadline=None)
@given(expression=expressions, place=near_changes)
def test_a_fire_has_a_note_exactly_when_it_meets_a_change(
    expression: str, place: tuple[ZoneInfo, datetime]
) -> None:
    hands, after = place
    cron, line = parse(expression), CrontabLine(expression)
    previous = after
    for fire in next_fires(cron, hands, after, 4):
        twice = (
            fire.at.astimezone(hands).replace(fold=0).utcoffset()
            != fire.at.astimezone(hands).replace(fold=1).utcoffset()
        )
        lost = any(line.matches(wall) for wall in skipped(previous, fire.at, hands))
        assert bool(fire.note) is (twice or lost)
        previous = fire.at


def skipped(after: datetime, until: datetime, hands: ZoneInfo) -> Iterator[datetime]:
    """Wall-clock minutes that the clock jumps over between two moments, looked at within four days."""
    tick = after.replace(second=0, microsecond=0)
    while tick < min(until, after + 4 * DAY):
        shown = tick.astimezone(hands).replace(tzinfo=None)
        tick += MINUTE
        later = tick.astimezone(hands).replace(tzinfo=None)
        yield from (shown + number * MINUTE for number in range(1, (later - shown) // MINUTE))


# --- once a day -------------------------------------------------------------------------------


def assert_each_day_has_its_one_fire(cron: Cron, hands: ZoneInfo, first: datetime, days: int) -> None:
    """`cron` is a daily fixed-time one and `first` its first wall-clock time (naive)."""
    start = first.replace(tzinfo=hands) - DAY / 2
    fires = [fire.at for fire in next_fires(cron, hands, start, days)]
    for number, at in enumerate(fires):
        named = first + number * DAY
        shown = at.astimezone(hands).replace(tzinfo=None)
        assert shown == named or (is_end_of_gap(at, hands) and named < shown <= named + 3 * HOUR)
        assert at.astimezone(hands).fold == 0


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("Australia/Lord_Howe", "01:45"),
        ("Australia/Lord_Howe", "02:15"),
        ("Africa/Casablanca", "02:30"),
        ("America/Sao_Paulo", "00:00"),
        ("America/Santiago", "00:30"),
        ("America/Santiago", "23:30"),
        ("America/Los_Angeles", "01:30"),
        ("America/Los_Angeles", "02:30"),
        ("Asia/Tehran", "00:00"),
        ("Asia/Tehran", "23:30"),
        ("Pacific/Apia", "03:30"),
        ("Europe/Dublin", "01:30"),
        ("Antarctica/Troll", "01:30"),
        ("Antarctica/Troll", "02:59"),
        ("Antarctica/Casey", "02:30"),
        ("America/Nuuk", "23:30"),
    ],
)
def test_a_fixed_time_job_runs_exactly_once_for_every_local_day_of_2020_to_2030(name: str, time: str) -> None:
    first = datetime.fromisoformat(f"2020-01-01T{time}")
    cron = parse(f"{first.minute} {first.hour} * * *")
    assert_each_day_has_its_one_fire(cron, zone(name), first, 11 * 365 + 3)
