from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from core.errors import (
    AnswerUnreadable,
    BudgetSpent,
    CallFailed,
    Cancelled,
    Interrupted,
    LeaseLost,
    ModelFailing,
    ModelRefusedKey,
)
from core.llm.client import Stop
from core.llm.faults import RequestRefused, RequestTooLong
from core.llm.pool import MAX_GROUP, Circuit, Finished, ask_all, ask_one

LONG = 60.0


def doubled(number: int, stop: Stop) -> int:
    return 2 * number


def failing(number: int, stop: Stop) -> int:
    raise CallFailed("HTTP 503.")


def collect(groups: Iterator[list[Finished[int, int]]]) -> dict[int, int | Exception]:
    return {finished.item: finished.outcome for group in groups for finished in group}


def test_every_item_comes_back_once_with_its_result() -> None:
    assert collect(ask_all(range(100), doubled, concurrency=7)) == {n: 2 * n for n in range(100)}


def test_nothing_to_ask_ends_at_once() -> None:
    assert collect(ask_all([], doubled, concurrency=4)) == {}


def test_failed_and_unreadable_calls_are_outcomes_beside_the_others() -> None:
    def call(number: int, stop: Stop) -> int:
        if number == 1:
            raise CallFailed("no answer")
        if number == 2:
            raise AnswerUnreadable("no JSON")
        return number

    found = collect(ask_all([0, 1, 2, 3], call, concurrency=2))
    assert isinstance(found[1], CallFailed)
    assert isinstance(found[2], AnswerUnreadable)
    assert (found[0], found[3]) == (0, 3)


def test_only_so_many_calls_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def call(number: int, stop: Stop) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return number

    collect(ask_all(range(60), call, concurrency=5))
    assert most == 5


def test_work_is_taken_from_the_iterator_only_as_far_as_the_window_reaches() -> None:
    taken = finished = furthest = 0

    def items() -> Iterator[int]:
        nonlocal taken, furthest
        for number in range(200):
            taken += 1
            furthest = max(furthest, taken - finished)
            yield number

    for group in ask_all(items(), doubled, concurrency=4):
        finished += len(group)
    assert finished == 200
    assert furthest <= 2 * 4 + MAX_GROUP


def test_items_results_and_ticks_stay_in_the_consuming_thread() -> None:
    me = threading.get_ident()
    seen: set[int] = set()

    def items() -> Iterator[int]:
        for number in range(30):
            seen.add(threading.get_ident())
            yield number

    def tick() -> None:
        seen.add(threading.get_ident())

    collect(ask_all(items(), doubled, concurrency=3, tick=tick))
    assert seen == {me}


def test_results_that_arrive_together_come_in_one_group() -> None:
    together = threading.Barrier(4)

    def call(number: int, stop: Stop) -> int:
        together.wait(LONG)
        return number

    groups = list(ask_all(range(4), call, concurrency=4))
    assert len(groups) < 4


def test_ticks_go_on_while_nothing_arrives() -> None:
    ticks = 0
    enough = threading.Event()

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks >= 3:
            enough.set()

    collect(ask_all([1], lambda number, stop: enough.wait(LONG) and number, concurrency=1, tick=tick))
    assert ticks >= 3


def first_done_second_hanging(number: int, stop: Stop) -> int:
    while number > 0:
        stop()
        time.sleep(0.01)
    return number


def cancelling_after(done: list[int], error: type[Exception]) -> Callable[[], None]:
    def tick() -> None:
        if done:
            raise error("stop")

    return tick


def test_a_cancelled_pool_ends_its_waiting_calls_and_raises() -> None:
    done: list[int] = []
    with pytest.raises(Cancelled):
        for group in ask_all(
            range(6), first_done_second_hanging, concurrency=3, tick=cancelling_after(done, Cancelled)
        ):
            done += [finished.item for finished in group]
    assert done == [0]


def test_a_call_that_cannot_be_interrupted_is_left_behind_within_its_grace() -> None:
    beyond_the_limit_of_a_test = 600.0
    forever = threading.Event()

    def call(number: int, stop: Stop) -> int:
        forever.wait(beyond_the_limit_of_a_test)
        return number

    def tick() -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        collect(ask_all([1], call, concurrency=1, tick=tick))
    forever.set()


def test_no_call_starts_after_the_end() -> None:
    started: list[int] = []

    def call(number: int, stop: Stop) -> int:
        started.append(number)
        if number == 2:
            raise ModelRefusedKey("wrong key")
        return number

    with pytest.raises(ModelRefusedKey):
        collect(ask_all(range(1000), call, concurrency=1))
    time.sleep(0.05)
    assert len(started) < 10


def test_what_was_paid_is_yielded_before_the_error_is_raised() -> None:
    paid: list[int] = []
    both_open = threading.Barrier(2)

    def call(number: int, stop: Stop) -> int:
        both_open.wait(LONG)
        if number == 0:
            raise BudgetSpent("no money left")
        with pytest.raises(Interrupted):
            first_done_second_hanging(number, stop)
        return number

    with pytest.raises(BudgetSpent):
        for group in ask_all([0, 1], call, concurrency=2):
            paid += [finished.item for finished in group]
    assert paid == [1]


def test_after_a_lost_lease_nothing_more_is_handed_out() -> None:
    kept: list[int] = []
    first_group_seen = threading.Event()

    def tick() -> None:
        if first_group_seen.is_set():
            raise LeaseLost("another worker has it")

    def call(number: int, stop: Stop) -> int:
        if number == 1:
            first_group_seen.wait(LONG)
        return number

    with pytest.raises(LeaseLost):
        for group in ask_all([0, 1], call, concurrency=2, tick=tick):
            kept += [finished.item for finished in group]
            first_group_seen.set()
            time.sleep(0.1)
    assert kept == [0]


def test_an_error_of_the_work_itself_keeps_what_was_paid() -> None:
    def items() -> Iterator[int]:
        yield 0
        yield 1
        raise Cancelled("while loading")

    paid: list[int] = []
    with pytest.raises(Cancelled):
        for group in ask_all(items(), doubled, concurrency=4):
            paid += [finished.item for finished in group]
    assert sorted(paid) == [0, 1]


def test_a_programming_error_in_a_call_is_not_swallowed() -> None:
    def call(number: int, stop: Stop) -> int:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        collect(ask_all([1], call, concurrency=1))


def test_a_consumer_that_fails_ends_the_pool() -> None:
    ended = threading.Event()

    def call(number: int, stop: Stop) -> int:
        if number == 0:
            return number
        try:
            return first_done_second_hanging(number, stop)
        finally:
            ended.set()

    with pytest.raises(OSError, match="disk"), closing(ask_all(range(3), call, concurrency=2)) as groups:
        for _ in groups:
            raise OSError("disk full")
    assert ended.wait(LONG)


def test_an_endpoint_that_never_answered_is_given_up_after_three_failures() -> None:
    with pytest.raises(ModelFailing, match=r"failed 3 times in a row \(HTTP 503\)"):
        collect(ask_all(range(100), failing, concurrency=1))


def test_an_endpoint_that_did_answer_is_given_up_after_three_failures_too() -> None:
    def call(number: int, stop: Stop) -> int:
        return number if number < 5 else failing(number, stop)

    found: dict[int, int | Exception] = {}
    with pytest.raises(ModelFailing, match="failed 3 times"):
        for group in ask_all(range(100), call, concurrency=1):
            found |= {finished.item: finished.outcome for finished in group}
    assert [n for n, outcome in found.items() if not isinstance(outcome, CallFailed)] == [0, 1, 2, 3, 4]


def test_a_success_or_an_unreadable_answer_between_failures_starts_the_count_again() -> None:
    circuit = Circuit()
    for outcome in ["value", AnswerUnreadable("no JSON")]:
        for _ in range(2):
            circuit.saw(CallFailed("HTTP 503."))
        circuit.saw(outcome)
    assert circuit.failures == 0


def test_a_call_that_fails_while_others_are_answered_says_nothing_about_the_endpoint() -> None:
    """Three rows that nobody can mend may end the run one after the other: they paused between attempts."""
    answered = threading.Event()

    def call(number: int, stop: Stop) -> int:
        if number < 3:
            answered.wait(LONG)
            raise CallFailed("HTTP 503.")
        return number

    found: dict[int, int | Exception] = {}
    with closing(ask_all(range(8), call, concurrency=4)) as groups:
        for group in groups:
            found |= {finished.item: finished.outcome for finished in group}
            if len(found) == 5:
                answered.set()
    assert {number for number in found if isinstance(found[number], CallFailed)} == {0, 1, 2}


def test_requests_that_an_answering_endpoint_refuses_say_nothing_about_it() -> None:
    circuit = Circuit()
    circuit.saw("value")
    for _ in range(50):
        circuit.saw(RequestRefused("HTTP 400"))
    assert circuit.failures == 0
    with pytest.raises(ModelFailing):
        Circuit(failures=2).saw(RequestRefused("HTTP 400"))


def test_requests_that_are_too_long_say_nothing_about_the_endpoint() -> None:
    circuit = Circuit()
    for _ in range(50):
        circuit.saw(RequestTooLong("too long"))
    assert circuit == Circuit()


def test_a_circuit_remembers_from_one_pool_to_the_next() -> None:
    circuit = Circuit()
    collect(ask_all([1], doubled, concurrency=1, circuit=circuit))
    collect(ask_all(range(2), failing, concurrency=1, circuit=circuit))
    with pytest.raises(ModelFailing, match="failed 3 times"):
        collect(ask_all(range(1), failing, concurrency=1, circuit=circuit))


def test_a_single_call_gives_its_value_or_raises_its_error() -> None:
    assert ask_one(lambda stop: 42) == 42
    with pytest.raises(CallFailed):
        ask_one(lambda stop: failing(1, stop))


def test_a_single_call_can_be_cancelled_while_it_lasts() -> None:
    def tick() -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        ask_one(lambda stop: first_done_second_hanging(1, stop), tick)
