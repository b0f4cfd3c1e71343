from __future__ import annotations

import threading

import pytest

from core.errors import BudgetSpent, Refused
from core.llm.budget import Budget, Reservation, most_input_tokens
from core.llm.request import Request
from core.terms import Usage

REQUEST = Request("verdict", "Judge this.", "It was fine.", {"type": "object"}, max_output_tokens=100)
MOST = most_input_tokens(REQUEST) + 100


SMALL = Usage(1, 10, 5)


def spend(budget: Budget, usage: Usage | None = SMALL) -> Usage:
    return budget.settle(budget.reserve(REQUEST), usage)


def test_a_budget_without_limits_counts_what_was_spent() -> None:
    budget = Budget()
    spend(budget)
    spend(budget, Usage(1, 7, 3))
    assert budget.usage == Usage(2, 17, 8)


def test_the_call_after_the_last_one_allowed_is_refused_and_the_sentence_names_the_limit() -> None:
    budget = Budget(max_calls=2)
    spend(budget)
    spend(budget)
    with pytest.raises(BudgetSpent, match=r"reached its budget of 2 calls\."):
        budget.reserve(REQUEST)


def test_an_open_call_counts_before_it_is_answered() -> None:
    budget = Budget(max_calls=1)
    budget.reserve(REQUEST)
    with pytest.raises(BudgetSpent):
        budget.reserve(REQUEST)


def test_a_released_call_leaves_the_budget_as_it_was() -> None:
    budget = Budget(max_calls=1)
    budget.release(budget.reserve(REQUEST))
    assert budget.usage == Usage()
    spend(budget)
    assert budget.usage.calls == 1


def test_tokens_are_reserved_by_their_upper_bound_and_settled_by_what_they_were() -> None:
    budget = Budget(max_tokens=MOST + 14)
    with pytest.raises(BudgetSpent, match=f"{MOST + 14} tokens"):
        [budget.reserve(REQUEST) for _ in range(2)]
    budget = Budget(max_tokens=MOST + 15)
    spend(budget, Usage(1, 10, 5))
    budget.reserve(REQUEST)


def test_money_is_counted_by_the_prices_of_a_million_tokens() -> None:
    budget = Budget(price_input=2.0, price_output=8.0)
    assert spend(budget, Usage(1, 500_000, 250_000)).cost == pytest.approx(3.0)
    assert budget.usage.cost == pytest.approx(3.0)


def test_a_call_that_could_cost_more_than_is_left_is_refused() -> None:
    most = (most_input_tokens(REQUEST) * 1.0 + 100 * 1.0) / 1_000_000
    budget = Budget(max_cost=1.5 * most, price_input=1.0, price_output=1.0)
    budget.reserve(REQUEST)
    with pytest.raises(BudgetSpent, match="in model costs"):
        budget.reserve(REQUEST)


def test_a_budget_in_money_without_prices_is_refused_rather_than_ignored() -> None:
    with pytest.raises(Refused, match="LLM_PRICE_INPUT"):
        Budget(max_cost=5.0, price_input=1.0)


def test_a_call_of_unknown_cost_counts_with_all_that_was_reserved() -> None:
    budget = Budget()
    assert spend(budget, None) == Usage(1, most_input_tokens(REQUEST), 100)


def test_the_seconds_end_the_budget() -> None:
    now = [0.0]
    budget = Budget(max_seconds=10, clock=lambda: now[0])
    now[0] = 9.0
    budget.check()
    assert budget.seconds_left == 1.0
    now[0] = 10.0
    with pytest.raises(BudgetSpent, match=r"10 seconds\."):
        budget.check()
    with pytest.raises(BudgetSpent):
        budget.reserve(REQUEST)


def test_a_call_waits_for_open_ones_that_may_turn_out_cheaper() -> None:
    budget = Budget(max_tokens=MOST + 20)
    open_call = budget.reserve(REQUEST)
    waits: list[Reservation] = []

    def settle_the_other() -> None:
        waits.append(open_call)
        budget.settle(open_call, Usage(1, 10, 5))

    budget.reserve(REQUEST, wait=settle_the_other)
    assert waits == [open_call]


def test_a_call_that_would_never_fit_does_not_wait() -> None:
    budget = Budget(max_tokens=MOST - 1)

    def never() -> None:
        raise AssertionError("nothing to wait for")

    with pytest.raises(BudgetSpent):
        budget.reserve(REQUEST, wait=never)


@pytest.mark.parametrize("text", ["plain words", "größer ☎ 電話", "\ud800 half a pair"])
def test_the_upper_bound_is_at_least_a_token_for_each_byte(text: str) -> None:
    request = Request("verdict", "", text, {}, 1)
    assert most_input_tokens(request) >= len(text.encode("utf-8", "surrogatepass"))


def test_thirty_two_threads_never_get_more_calls_than_the_cap() -> None:
    budget = Budget(max_calls=500)
    granted: list[int] = []

    def call_until_spent() -> None:
        while True:
            try:
                reservation = budget.reserve(REQUEST)
            except BudgetSpent:
                return
            granted.append(1)
            budget.settle(reservation, Usage(1, 1, 1))

    threads = [threading.Thread(target=call_until_spent) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == budget.usage.calls == 500
