from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from core.cron import next_fires, parse, zone, zones
from core.errors import UnknownZone


@pytest.mark.parametrize(
    "name",
    [
        "UTC",
        "Europe/Berlin",
        "US/Pacific",
        "EST5EDT",
        "Asia/Calcutta",
        "Etc/GMT+2",
        "America/Argentina/Salta",
    ],
)
def test_iana_names_and_their_aliases_are_zones(name: str) -> None:
    assert zone(name).key == name


def test_spaces_around_a_name_are_no_matter() -> None:
    assert zone(" Europe/Berlin\n").key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("America/Los Angeles", "America/Los_Angeles"),
        ("US/Pacifc", "US/Pacific"),
    ],
)
def test_a_misspelt_zone_is_refused_with_the_close_one(name: str, meant: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        zone(name)
    assert str(refusal.value) == f"“{name}” is not an IANA timezone; did you mean {meant}?"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "posixrules",
        "localtime",
        "Factory",
        "../etc/passwd",
        "/etc/localtime",
        "/usr/share/zoneinfo/UTC",
        "posix/Europe/Berlin",
        "Europe",
        "Europe/",
        "zone.tab",
        "CEST",
        "GMT+2",
        "UTC\x00",
        "\ud800",
        "x" * 100_000,
    ],
)
def test_what_is_no_place_is_refused_in_one_short_sentence(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        zone(name)
    sentence = str(refusal.value)
    assert "is not an IANA timezone; " in sentence
    assert len(sentence) < 150
    assert sentence.isprintable()


@pytest.mark.parametrize(
    "name", ["", "posixrules", "localtime", "../etc/passwd", "CEST", "GMT+2", "San Francisco"]
)
def test_no_zone_is_guessed_for_a_name_that_none_is_close_to(name: str) -> None:
    with pytest.raises(UnknownZone, match=r"timezone; write one like Europe/Berlin\.$"):
        zone(name)


def test_the_zones_to_choose_from_are_sorted_places_and_utc() -> None:
    names = zones()
    assert names == sorted(set(names))
    assert {"UTC", "Europe/Berlin", "Europe/Oslo", "Asia/Kolkata", "America/Los_Angeles"} <= set(names)
    assert not {"US/Pacific", "Asia/Calcutta", "EST5EDT", "Etc/GMT+2", "Factory", "localtime"} & set(names)


def test_each_zone_to_choose_from_can_be_chosen() -> None:
    assert [zone(name).key for name in zones()] == zones()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("America/Godthab", "America/Nuuk"),
        ("Pacific/Enderbury", "Pacific/Kanton"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
    ],
)
def test_a_zone_that_was_renamed_is_known_by_both_names_and_fires_at_the_same_moments(
    before: str, after: str
) -> None:
    daily, start = parse("30 2 * * *"), datetime(2026, 1, 1, tzinfo=UTC)
    assert next_fires(daily, zone(before), start, 400) == next_fires(daily, zone(after), start, 400)
    assert zone(before).key == before


def test_a_name_that_an_update_took_away_is_refused_with_the_one_to_choose() -> None:
    with pytest.raises(UnknownZone, match="did you mean US/Pacific"):
        zone("US/Pacific-New")


@pytest.mark.parametrize("host", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"])
def test_the_zone_of_the_host_changes_nothing(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    daily, start = parse("30 2 * * *"), datetime(2026, 3, 1, tzinfo=UTC)
    expected = next_fires(daily, zone("Europe/Berlin"), start, 60)
    try:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("TZ", host)
            time.tzset()
            assert next_fires(daily, zone("Europe/Berlin"), start, 60) == expected
    finally:
        time.tzset()
