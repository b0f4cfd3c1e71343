"""Every IANA zone there is, 2020 to 2030: the long version of the rules in test_cron_rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from core.cron import next_fires, parse, zone

DAYS = 11 * 365 + 3
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NAMES = sorted(set(resources.files("tzdata").joinpath("zones").read_text().split()) - {"Factory"})


def wall(at: datetime, hands: ZoneInfo) -> datetime:
    return at.astimezone(hands).replace(tzinfo=None)


def changes(hands: ZoneInfo) -> Iterator[datetime]:
    """The hours of UTC after which the offset of the zone is another one."""
    tick = datetime(2019, 12, 31, tzinfo=UTC)
    for _ in range((DAYS + 2) * 24):
        if tick.astimezone(hands).utcoffset() != (tick + HOUR).astimezone(hands).utcoffset():
            yield tick
        tick += HOUR


def telling_times(hands: ZoneInfo) -> set[tuple[int, int]]:
    """Hours and minutes that a change of this zone skips or repeats, and an ordinary one."""
    times = {(2, 30)}
    for tick in changes(hands):
        before, after = wall(tick + HOUR - MINUTE, hands), wall(tick + 2 * HOUR, hands)
        times |= {(shown.hour, shown.minute) for shown in (before - 29 * MINUTE, before + 31 * MINUTE, after)}
    return times


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("region", sorted({name.partition("/")[0] for name in NAMES}))
def test_a_fixed_time_job_runs_exactly_once_for_every_local_day_in_every_zone(region: str) -> None:
    for name in NAMES:
        if name.partition("/")[0] == region:
            for hour, minute in sorted(telling_times(zone(name))):
                assert_once_a_day(zone(name), hour, minute)


def assert_once_a_day(hands: ZoneInfo, hour: int, minute: int) -> None:
    first = datetime.fromisoformat(f"2020-01-01T{hour:02}:{minute:02}")
    cron = parse(f"{minute} {hour} * * *")
    fires = next_fires(cron, hands, first.replace(tzinfo=hands) - DAY / 2, DAYS)
    assert len(fires) == DAYS
    for number, fire in enumerate(fires):
        named, shown = first + number * DAY, wall(fire.at, hands)
        if shown != named:
            assert_right_after_a_gap(fire.at, named, hands)


def assert_right_after_a_gap(at: datetime, named: datetime, hands: ZoneInfo) -> None:
    last_shown = wall(at - MINUTE, hands)
    assert last_shown < named < wall(at, hands), (hands.key, named, at)
