from __future__ import annotations

import pytest

from core.llm.faults import Endpoint, retry_after, shown_address

NOON = 1_794_052_800.0  # 2026-11-07 12:00:00 UTC


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sat, 07 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 07 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, lambda: NOON) == seconds


def test_without_the_header_nobody_asked_to_wait() -> None:
    assert retry_after({}, lambda: NOON) is None


def test_an_address_is_shown_without_its_password() -> None:
    endpoint = Endpoint("https://me:secret@models.example:8443/v1/?key=secret", "m", 60)
    assert endpoint.address == "https://models.example:8443/v1"
    assert (shown_address(None), shown_address("")) == ("", "")


def test_an_endpoint_is_described_without_its_key() -> None:
    assert "sk-123" not in repr(Endpoint("https://models.example/v1", "m", 60, secret="sk-123"))


def test_what_the_endpoint_said_is_quoted_in_one_short_line_without_the_key() -> None:
    endpoint = Endpoint("https://models.example/v1", "m", 60, secret="sk-123")
    quoted = endpoint.quote("the key sk-123\n is wrong " + "x" * 1000)
    assert quoted.startswith("the key [key] is wrong")
    assert len(quoted) < 250
