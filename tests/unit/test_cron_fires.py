from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core.cron import fires_between, next_fire, next_fires, parse, zone
from core.errors import BadCron

LOS_ANGELES = "America/Los_Angeles"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


def upcoming(expression: str, name: str, after: str, count: int) -> list[str]:
    """The next fires as the clock of the zone shows them."""
    fires = next_fires(parse(expression), zone(name), moment(after), count)
    assert all(fire.at.tzinfo is UTC for fire in fires)
    return [f"{fire.at.astimezone(zone(name)):%d %H:%M %z}" for fire in fires]


def notes(expression: str, name: str, after: str, count: int) -> list[str]:
    return [fire.note for fire in next_fires(parse(expression), zone(name), moment(after), count)]


def test_a_fixed_time_in_the_spring_gap_runs_right_after_it() -> None:
    fires = next_fires(parse("30 2 * * *"), zone(LOS_ANGELES), moment("2026-03-07T00:00"), 3)
    assert [fire.at for fire in fires] == [
        moment("2026-03-07T10:30"),
        moment("2026-03-08T10:00"),
        moment("2026-03-09T09:30"),
    ]
    assert [fire.note for fire in fires] == [
        "",
        "The clock goes forward that night: 02:30 does not exist, it runs at 03:00.",
        "",
    ]


def test_a_fixed_time_shown_twice_runs_once_the_first_time() -> None:
    assert upcoming("30 1 * * *", LOS_ANGELES, "2026-11-01T00:00", 2) == ["01 01:30 -0700", "02 01:30 -0800"]
    assert notes("30 1 * * *", LOS_ANGELES, "2026-11-01T00:00", 2) == [
        "The clock goes back that night: 01:30 comes twice, it runs once, the first time.",
        "",
    ]


def test_asked_between_the_two_passes_a_fixed_time_waits_for_the_next_day() -> None:
    assert upcoming("30 1 * * *", LOS_ANGELES, "2026-11-01T09:10", 1) == ["02 01:30 -0800"]


def test_several_times_in_one_gap_run_once() -> None:
    assert upcoming("15,30 2 * * *", LOS_ANGELES, "2026-03-08T00:00", 2) == [
        "08 03:00 -0700",
        "09 02:15 -0700",
    ]
    assert notes("15,30 2 * * *", LOS_ANGELES, "2026-03-08T00:00", 1) == [
        "The clock goes forward that night: 02:15 and 02:30 do not exist, it runs once, at 03:00."
    ]


def test_a_skipped_time_falls_together_with_a_time_right_after_the_gap() -> None:
    assert upcoming("0 2,3 * * *", LOS_ANGELES, "2026-03-08T00:00", 2) == ["08 03:00 -0700", "09 02:00 -0700"]


def test_a_wildcard_job_runs_at_every_real_half_hour_across_both_changes() -> None:
    for start in ("2026-03-08T08:00", "2026-11-01T07:00"):
        fires = next_fires(parse("*/30 * * * *"), zone(LOS_ANGELES), moment(start), 8)
        steps = {later.at - earlier.at for earlier, later in pairwise(fires)}
        assert steps == {timedelta(minutes=30)}


def test_a_wildcard_job_says_which_times_it_loses_and_makes_none_up() -> None:
    assert upcoming("*/30 2 * * *", LOS_ANGELES, "2026-03-08T08:00", 1) == ["09 02:00 -0700"]
    assert notes("*/30 2 * * *", LOS_ANGELES, "2026-03-08T08:00", 2) == [
        "The clock goes forward on 8 March 2026: 02:00 and 02:30 do not exist and are left out.",
        "",
    ]
    assert notes("* * * * *", LOS_ANGELES, "2026-03-08T09:59", 1) == [
        "The clock goes forward on 8 March 2026: 02:00 to 02:59 do not exist and are left out."
    ]
    assert upcoming("0 */2 * * *", LOS_ANGELES, "2026-03-08T08:30", 1) == ["08 04:00 -0700"]


def test_a_wildcard_job_says_that_it_runs_both_times() -> None:
    back = "The clock goes back that night: 01:00 comes twice, it runs both times, here the"
    assert notes("0 * * * *", LOS_ANGELES, "2026-11-01T07:30", 3) == [f"{back} first.", f"{back} second.", ""]


def test_a_fire_is_strictly_after_the_moment_asked_about() -> None:
    due = moment("2026-06-01T16:00")
    every_day = parse("0 9 * * *")
    assert next_fire(every_day, zone(LOS_ANGELES), due - timedelta(microseconds=1)) == due
    assert next_fire(every_day, zone(LOS_ANGELES), due) == due + timedelta(days=1)
    assert next_fire(every_day, zone(LOS_ANGELES), due + timedelta(microseconds=1)) == due + timedelta(days=1)


def test_the_moment_asked_about_may_be_given_in_any_zone() -> None:
    at = moment("2026-06-01T16:00")
    elsewhere = at.astimezone(zone("Asia/Kolkata"))
    every_day = parse("0 9 * * *")
    assert next_fire(every_day, zone(LOS_ANGELES), elsewhere) == next_fire(every_day, zone(LOS_ANGELES), at)


def test_a_moment_without_a_zone_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="timezone"):
        next_fire(parse("@daily"), zone("UTC"), datetime(2026, 1, 1))  # noqa: DTZ001 (that is the point)


def test_fires_between_excludes_the_start_and_includes_the_end() -> None:
    start, end = moment("2026-06-01T00:00"), moment("2026-06-04T00:00")
    found = fires_between(parse("@daily"), zone("UTC"), start, end, 10)
    assert found == [moment("2026-06-02T00:00"), moment("2026-06-03T00:00"), end]
    assert fires_between(parse("@daily"), zone("UTC"), start, end, 2) == found[:2]
    assert fires_between(parse("@daily"), zone("UTC"), end, start, 10) == []


def test_no_fires_are_given_when_none_are_asked_for() -> None:
    assert next_fires(parse("@daily"), zone("UTC"), moment("2026-06-01T00:00"), 0) == []
    assert next_fires(parse("@daily"), zone("UTC"), moment("2026-06-01T00:00"), -1) == []


@pytest.mark.parametrize(
    ("expression", "after", "due"),
    [
        ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
        ("0 0 29 2 */7", "2088-03-01T00:00", "2128-02-29T00:00"),
        ("0 0 * 2 1#5", "2072-03-01T00:00", "2112-02-29T00:00"),
    ],
)
def test_a_fire_decades_away_is_found(expression: str, after: str, due: str) -> None:
    assert next_fire(parse(expression), zone("UTC"), moment(after)) == moment(due)


def test_where_the_calendar_ends_there_are_no_more_fires() -> None:
    after = moment("9999-12-30T12:00")
    assert upcoming("@daily", "UTC", "9999-12-30T12:00", 3) == ["31 00:00 +0000"]
    with pytest.raises(BadCron, match="does not run again"):
        next_fire(parse("@daily"), zone("UTC"), after + timedelta(days=1))


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 0 13 2 5", ["06", "13", "20", "27"]),
        ("0 0 */13 2 5", ["27"]),
        ("0 0 30 2 1", ["02", "09", "16", "23"]),
        ("0 0 * 2 7", ["01", "08", "15", "22"]),
        ("0 0 L 2 *", ["28"]),
        ("0 0 LW 2 *", ["27"]),
        ("0 0 * 2 5L", ["27"]),
        ("0 0 * 2 fri#2", ["13"]),
    ],
)
def test_the_days_that_a_cron_names_in_february_2026(expression: str, days: list[str]) -> None:
    start, end = moment("2026-01-31T12:00"), moment("2026-02-28T12:00")
    found = fires_between(parse(expression), zone("UTC"), start, end, 40)
    assert [f"{at:%d}" for at in found] == days


class TestUnusualClocks:
    def test_half_an_hour_forward_loses_no_run_of_a_wildcard_job(self) -> None:
        shown = upcoming("0 */3 * * *", "Australia/Lord_Howe", "2026-10-03T13:00", 3)
        assert shown == ["04 00:00 +1030", "04 03:00 +1100", "04 06:00 +1100"]

    def test_half_an_hour_back_loses_no_run_of_a_wildcard_job(self) -> None:
        shown = upcoming("0 */2 * * *", "Australia/Lord_Howe", "2026-04-04T12:30", 3)
        assert shown == ["05 00:00 +1100", "05 02:00 +1030", "05 04:00 +1030"]

    def test_a_gap_at_midnight_runs_a_daily_midnight_job_at_one(self) -> None:
        shown = upcoming("@daily", "America/Santiago", "2026-09-05T05:00", 2)
        assert shown == ["06 01:00 -0300", "07 00:00 -0300"]

    def test_a_gap_at_midnight_keeps_the_wildcard_runs_of_the_first_hour_there_is(self) -> None:
        shown = upcoming("*/30 1 * * 0", "America/Santiago", "2026-09-05T05:00", 2)
        assert shown == ["06 01:00 -0300", "06 01:30 -0300"]
        assert upcoming("0 */6 * * 0", "America/Santiago", "2026-09-05T05:00", 1) == ["06 06:00 -0300"]

    def test_a_gap_up_to_midnight_runs_the_evening_job_as_the_new_day_begins(self) -> None:
        shown = upcoming("30 23 * * *", "America/Nuuk", "2026-03-28T12:00", 2)
        assert shown == ["29 00:00 -0100", "29 23:30 -0100"]

    def test_a_change_of_three_hours_is_still_made_up_for(self) -> None:
        shown = upcoming("0 1 * * *", "Antarctica/Casey", "2020-10-03T00:00", 2)
        assert shown == ["04 03:01 +1100", "05 01:00 +1100"]

    def test_a_day_that_never_was_is_left_out(self) -> None:
        shown = upcoming("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00", 3)
        assert shown == ["29 09:00 -1000", "31 09:00 +1400", "01 09:00 +1400"]
        assert notes("0 9 * * *", "Pacific/Apia", "2011-12-30T00:00", 1) == [
            "The clock goes forward on 30 December 2011: 09:00 does not exist and is left out."
        ]
