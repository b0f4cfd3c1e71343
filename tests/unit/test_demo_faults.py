"""When a fault strikes."""

from __future__ import annotations

import pytest

from demo.model.faults import BadFault, Fault, Faults, fault_from, fault_named, spoiled
from demo.model.requestlog import RequestLog


def strikes(fault: Fault, kinds: list[str], asks_schema: bool = True) -> list[bool]:
    return [fault.strikes(kind, asks_schema) for kind in kinds]


def test_a_fault_strikes_every_kth_time() -> None:
    assert strikes(fault_named("slow:every=3"), ["judge"] * 6) == [False, False, True, False, False, True]


def test_a_fault_strikes_so_often_and_no_more() -> None:
    assert strikes(fault_from({"fault": "slow", "times": 2}), ["judge"] * 4) == [True, True, False, False]


def test_a_fault_may_be_meant_for_the_writer_alone() -> None:
    assert strikes(fault_from({"fault": "slow", "on": "writer"}), ["judge", "writer"]) == [False, True]


def test_a_request_without_a_schema_is_not_refused_for_one() -> None:
    assert strikes(Fault("no_json_schema"), ["judge"], asks_schema=False) == [False]


def test_the_fault_that_was_switched_on_first_has_precedence() -> None:
    faults = Faults((Fault("slow", every=2), Fault("server_error")))
    struck = [faults.strike("judge", asks_schema=True) for _ in range(2)]
    assert [fault.name for fault in struck if fault] == ["server_error", "slow"]


@pytest.mark.parametrize(
    "text", ["nonsense", "slow:every=0", "slow:every=x", "slow:seconds=-1", "slow:times=1.5"]
)
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadFault):
        fault_named(text)


def test_content_is_spoiled_as_the_fault_says() -> None:
    content = '{"explanation": "because", "value": true}'
    assert content.startswith(spoiled(content, Fault("cut_json")))
    assert spoiled(content, Fault("empty_answer")) == ""
    assert '"value": "none of those asked for"' in spoiled(content, Fault("wrong_enum"))
    assert spoiled(content, Fault("slow")) == content


def test_the_log_counts_for_ever_and_keeps_bodies_within_its_bounds() -> None:
    log = RequestLog(kept_bodies=2, kept_bytes=10)
    for body in (b"one", b"two", b"three", b"four"):
        log.add("judge", body)
    shown = log.shown(bodies=True)
    assert (shown["total"], shown["judge"], shown["writer"]) == (4, 4, 0)
    assert [kept["body"] for kept in shown["bodies"]] == ["three", "four"]
    log.add("writer", b"longer than ten bytes")
    assert log.shown(bodies=True)["bodies"] == []
