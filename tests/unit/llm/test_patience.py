from __future__ import annotations

import pytest

from core.errors import CallFailed, ModelUnreachable
from core.llm.faults import Again, Fault
from core.llm.patience import MAX_ATTEMPTS, MAX_WAITING_SECONDS, Gate, Patience

FAILED = Fault(CallFailed("It failed."), Again.LATER)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def patience(clock: Clock | None = None, jitter: float = 1.0) -> Patience:
    clock = clock or Clock()
    return Patience(clock, lambda: jitter, clock())


def told(seconds: float | None) -> Fault:
    return Fault(CallFailed("Too many."), Again.WHEN_TOLD, retry_after=seconds)


def test_pauses_grow_and_the_fifth_failure_is_the_last() -> None:
    mine = patience()
    pauses = [mine.pause_after(FAILED) for _ in range(MAX_ATTEMPTS - 1)]
    assert pauses == [0.5, 1.5, 4.5, 13.5]
    with pytest.raises(CallFailed, match="It failed"):
        mine.pause_after(FAILED)


def test_jitter_shortens_a_pause_to_half_at_most() -> None:
    assert patience(jitter=0.0).pause_after(FAILED) == 0.25


def test_a_wait_that_the_endpoint_asked_for_is_never_shortened() -> None:
    assert patience(jitter=0.0).pause_after(told(7.0)) >= 7.0
    failed_and_told = Fault(CallFailed("It failed."), Again.LATER, retry_after=7.0)
    assert patience(jitter=0.0).pause_after(failed_and_told) >= 7.0


def test_being_told_to_wait_is_no_failure_so_only_the_waiting_is_limited() -> None:
    mine = patience()
    times = 0
    with pytest.raises(CallFailed, match="Too many"):
        while True:
            mine.pause_after(told(1.0))
            times += 1
    assert times > MAX_ATTEMPTS
    assert mine.waited <= MAX_WAITING_SECONDS


def test_a_wait_beyond_patience_is_not_begun() -> None:
    with pytest.raises(CallFailed):
        patience().pause_after(told(MAX_WAITING_SECONDS + 1))


def test_a_pause_without_any_wait_asked_for_is_still_a_pause() -> None:
    assert patience(jitter=0.0).pause_after(told(0.0)) > 0
    assert patience(jitter=0.0).pause_after(told(None)) > 0


def test_what_no_repetition_mends_is_raised_at_once() -> None:
    with pytest.raises(CallFailed):
        patience().pause_after(Fault(CallFailed("Too long.")))


def test_an_endpoint_never_seen_alive_is_given_up_within_two_seconds() -> None:
    clock = Clock()
    mine = patience(clock)
    with pytest.raises(ModelUnreachable):
        while True:
            clock.now += mine.pause_after(Fault(ModelUnreachable("Not there."), Again.SOON))
    assert 100.0 < clock.now <= 102.0


def test_a_gate_stays_closed_for_the_longest_of_several_waits() -> None:
    clock = Clock()
    gate = Gate(clock)
    assert gate.seconds_left <= 0
    gate.close(10)
    gate.close(2)
    assert gate.seconds_left == 10
    clock.now += 11
    assert gate.seconds_left <= 0
