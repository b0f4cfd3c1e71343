"""How pages say when something was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.components.times import Dated, from_now, moment, utc_minute, when

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2024, 3, 1, 23, 30, tzinfo=UTC)


def test_a_moment_is_told_in_the_projects_zone_and_brings_its_utc() -> None:
    told = "Applied " + moment(AT, BERLIN) + " by Ana"
    assert told.words == "Applied 2 Mar 2024 00:30 by Ana"
    assert told.help == "2024-03-01 23:30:00 UTC"


def test_a_sentence_with_two_moments_has_both_in_their_order() -> None:
    later = datetime.now(UTC) + timedelta(days=3, minutes=1)
    told = moment(AT, BERLIN) + ", again " + from_now(later)
    assert told.words == "2 Mar 2024 00:30, again in 3 days"
    assert told.help == f"2024-03-01 23:30:00 UTC · {later:%Y-%m-%d %H:%M:%S} UTC"


def test_what_never_happened_is_a_dash_without_a_tooltip() -> None:
    assert moment(None, BERLIN) == Dated("—")
    assert moment(None, BERLIN).help is None


def test_a_moment_cannot_lose_its_utc_in_a_text() -> None:
    with pytest.raises(TypeError, match="UTC"):
        f"at {moment(AT, BERLIN)}"


def test_a_column_in_utc_has_the_year() -> None:
    assert utc_minute(AT.astimezone(BERLIN)) == "1 Mar 2024 23:30"


@pytest.mark.parametrize(
    ("days", "said"), [(0, "today 12:00"), (-1, "yesterday 12:00"), (1, "tomorrow 12:00")]
)
def test_days_near_today_have_their_names(days: int, said: str) -> None:
    noon = datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert when(noon + timedelta(days=days), ZoneInfo("UTC"), noon) == said
