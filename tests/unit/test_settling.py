"""What becomes of due moments: at most one run, and a reason for each of the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core.cron import next_fire, parse, zone
from core.schedules.settling import Settlement, Situation, settle

HOURLY, PLACE = parse("0 * * * *"), zone("Europe/Berlin")
FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def settled(late: timedelta, *, most: int = 500, **met: object) -> Settlement:
    situation = {"grace": 6 * HOUR} | met
    return settle(HOURLY, PLACE, FIRST, Situation(FIRST + late, **situation), most)  # type: ignore[arg-type]


def kinds(found: Settlement) -> list[str]:
    return [moment.kind for moment in found.moments]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), 59 * MINUTE])
def test_one_due_moment_is_one_run(late: timedelta) -> None:
    found = settled(late)
    assert kinds(found) == ["run"]
    assert (found.run_at, found.following) == (FIRST, FIRST + HOUR)


def test_after_a_down_time_only_the_newest_runs_and_the_others_say_why_not() -> None:
    found = settled(3 * HOUR + MINUTE)
    assert kinds(found) == ["missed", "missed", "missed", "run"]
    assert found.run_at == FIRST + 3 * HOUR
    assert {moment.reason for moment in found.moments[:-1]} == {"Plumbline was not running at that time."}
    assert found.following == FIRST + 4 * HOUR


def test_the_newest_one_beyond_the_grace_is_missed_too() -> None:
    found = settled(30 * MINUTE, grace=29 * MINUTE)
    assert kinds(found) == ["missed"]
    assert found.run_at is None
    assert "back too late" in found.moments[0].reason


def test_without_any_grace_the_first_minute_still_counts_as_on_time() -> None:
    assert kinds(settled(MINUTE, grace=timedelta(0))) == ["run"]
    assert kinds(settled(MINUTE + timedelta(seconds=1), grace=timedelta(0))) == ["missed"]


def test_a_run_that_is_still_going_is_named_in_the_reason() -> None:
    found = settled(MINUTE, going=41)
    assert kinds(found) == ["skipped"]
    assert found.moments[0].reason == "Run 41 of this schedule was still going."
    assert not found.empty


def test_a_schedule_without_metrics_is_skipped_and_empty() -> None:
    found = settled(MINUTE, has_metrics=False)
    assert (kinds(found), found.empty) == (["skipped"], True)


def test_more_than_can_be_settled_at_once_leaves_the_schedule_due_and_starts_nothing() -> None:
    found = settled(10 * HOUR, most=4)
    assert kinds(found) == ["missed"] * 4
    assert found.following == FIRST + 4 * HOUR
    assert not found.empty


@pytest.mark.parametrize("most", [1, 2, 3, 7, 500])
@pytest.mark.parametrize("hours", [0, 1, 2, 3, 6, 7, 8])
def test_piece_by_piece_every_moment_is_settled_once_and_one_of_them_runs(most: int, hours: int) -> None:
    now, first = FIRST + hours * HOUR + MINUTE, FIRST
    moments = []
    while first <= now:
        found = settle(HOURLY, PLACE, first, Situation(now, 6 * HOUR), most)
        moments += found.moments
        first = found.following
    assert [moment.due for moment in moments] == [FIRST + number * HOUR for number in range(hours + 1)]
    assert [moment.kind for moment in moments] == ["missed"] * hours + ["run"]


def test_across_a_clock_change_the_following_fire_is_the_one_the_form_showed() -> None:
    daily, place = parse("30 2 * * *"), zone("America/Los_Angeles")
    first = next_fire(daily, place, datetime(2026, 3, 6, tzinfo=UTC))
    seen = [first]
    for _ in range(4):
        seen.append(settle(daily, place, seen[-1], Situation(seen[-1] + MINUTE, HOUR)).following)
    assert [later - earlier for earlier, later in pairwise(seen)] == [
        24 * HOUR,
        23 * HOUR + 30 * MINUTE,
        23 * HOUR + 30 * MINUTE,
        24 * HOUR,
    ]
