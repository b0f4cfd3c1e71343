"""The model client stops: when its job is cancelled, its time is over, its budget spent."""

from __future__ import annotations

import threading

import pytest

from core.errors import AnswerUnreadable, BudgetSpent, CallFailed, Cancelled
from core.llm.budget import Budget
from core.llm.client import ModelClient
from tests.model_asking import KEY, Time, ask, make_client
from tests.model_endpoint import ModelEndpoint, Received, Sent, answers, fails, says

# Stopping


def test_waiting_ends_when_the_job_is_cancelled() -> None:
    time = Time()

    def stop() -> None:
        if time.slept >= 3:
            raise Cancelled("Somebody cancelled the run.")

    with ModelEndpoint(fails(429, Retry_After="60")) as endpoint, pytest.raises(Cancelled):
        ask(make_client(endpoint.url, time), stop=stop)
    assert 3.0 <= time.slept <= 3.5


def test_waiting_ends_when_the_seconds_of_the_budget_are_over() -> None:
    time = Time()
    budget = Budget(max_seconds=5, clock=time)
    with ModelEndpoint(fails(429, Retry_After="60")) as endpoint, pytest.raises(BudgetSpent, match="5 sec"):
        ask(make_client(endpoint.url, time), budget)
    assert 5.0 <= time.slept <= 5.5


def test_an_attempt_lasts_no_longer_than_the_budget() -> None:
    with ModelEndpoint(answers(delay=600)) as endpoint, pytest.raises(BudgetSpent):
        ask(ModelClient(endpoint.url, KEY, "judge-1", timeout_seconds=600), Budget(max_seconds=0.5))


# Budget


def test_thirty_two_threads_never_make_more_calls_than_the_budget_has() -> None:
    """Every third call is refused and asked again, every fifth is unusable and asked again."""

    def script(received: Received) -> Sent:
        if received.number % 3 == 0:
            return fails(503)
        return says("?") if received.number % 5 == 0 else answers()

    budget = Budget(max_calls=100)
    ended: list[type[BaseException]] = []

    def call_until_spent(client: ModelClient) -> None:
        while True:
            try:
                ask(client, budget)
            except (CallFailed, AnswerUnreadable):
                continue
            except BudgetSpent as spent:
                ended.append(type(spent))
                return

    with ModelEndpoint(script) as endpoint:
        client = make_client(endpoint.url)
        threads = [threading.Thread(target=call_until_spent, args=(client,)) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    billed = [received for received in endpoint.received if received.number % 3 != 0]
    assert len(billed) == budget.usage.calls == 100
    assert len(ended) == 32


def test_a_budget_of_tokens_is_kept_although_answers_are_cheaper_than_their_bound() -> None:
    budget = Budget(max_tokens=2_000)
    with ModelEndpoint(answers(tokens=(100, 10))) as endpoint, pytest.raises(BudgetSpent):
        client = make_client(endpoint.url)
        while True:
            ask(client, budget)
    assert len(endpoint.received) > 10
    assert budget.usage.input_tokens + budget.usage.output_tokens <= 2_000
