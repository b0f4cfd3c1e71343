from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.errors import BadCron, UnknownZone
from core.schedules import preview

NOW = datetime(2027, 3, 12, 12, 0, tzinfo=UTC)


def test_it_shows_the_next_five_fires_in_utc_and_plain_english() -> None:
    found = preview("0 9 * * 1", "Europe/Berlin", NOW)

    assert found.description == "At 09:00, only on Monday (Europe/Berlin time)"
    assert [fire.at.isoformat() for fire in found.fires[:3]] == [
        "2027-03-15T08:00:00+00:00",
        "2027-03-22T08:00:00+00:00",
        "2027-03-29T07:00:00+00:00",
    ]
    assert len(found.fires) == 5


def test_a_fire_that_meets_a_clock_change_says_so() -> None:
    notes = [fire.note for fire in preview("30 2 * * *", "America/Los_Angeles", NOW).fires]

    assert "The clock goes forward that night" in "".join(notes)
    assert len([note for note in notes if note]) == 1


def test_more_than_once_in_half_a_day_is_often_and_daily_is_not() -> None:
    assert preview("0 */6 * * *", "UTC", NOW).often
    assert not preview("0 9 * * *", "UTC", NOW).often


def test_what_is_wrong_with_it_is_said() -> None:
    with pytest.raises(BadCron, match="4 fields"):
        preview("0 9 * *", "UTC", NOW)
    with pytest.raises(UnknownZone, match="not an IANA timezone"):
        preview("0 9 * * 1", "Mars/Olympus", NOW)
