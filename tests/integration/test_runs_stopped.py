"""Runs that end early: at their budget, by a failing endpoint, or because somebody cancels them."""

from __future__ import annotations

import threading
import time

import pytest

from core import runs
from core.runs import RunOptions
from core.terms import Outcome
from tests.databases import on_both
from tests.model_endpoint import Received, Sent, fails
from tests.scripted_model import BETTER, POLITE, kind, once, refusing
from tests.servers import free_port
from tests.world import AUTO_APPLY, World


def asked(world: World, what: str) -> list[Received]:
    return [received for received in world.endpoint.received if kind(received) == what]


@pytest.mark.parametrize("limit", [1, 9, 12, 20])
def test_a_run_stops_at_its_budget_and_proposes_nothing(world: World, limit: int) -> None:
    metric = world.labelled()
    result = world.improve(metric, RunOptions(auto_apply=True, max_calls=limit))
    assert result.outcome is Outcome.OVER_BUDGET
    assert f"{limit} calls" in result.reason
    assert len(world.endpoint.received) <= limit
    assert result.calls == len(world.endpoint.received)
    assert (result.proposal, result.candidate, result.optimised) == (None, None, None)
    assert world.live(metric) == POLITE


def test_a_run_that_needs_its_whole_budget_is_not_over_it(world: World) -> None:
    result = world.improve(world.labelled(), RunOptions(max_calls=9 + 1 + 3 + 9))
    assert result.outcome is Outcome.PROPOSED
    assert result.calls == len(world.endpoint.received) == 22


def test_a_budget_in_money_needs_prices(world: World) -> None:
    result = world.improve(world.labelled(), RunOptions(max_cost=1.0))
    assert result.outcome is Outcome.FAILED
    assert "LLM_PRICE_INPUT" in result.reason
    assert world.endpoint.received == []


def test_a_budget_in_money_is_never_passed(world: World) -> None:
    world.place = world.with_settings(llm_price_input=1000.0, llm_price_output=1000.0)
    result = world.improve(world.labelled(), RunOptions(max_cost=4.0))
    assert result.outcome is Outcome.OVER_BUDGET
    assert result.cost is not None
    assert 0 < result.cost <= 4.0
    assert result.cost == pytest.approx(len(world.endpoint.received) * 110 / 1000)


def test_an_endpoint_that_refuses_the_key_fails_the_result_with_what_to_do(world: World) -> None:
    world.model.instead = lambda received: fails(401, "Incorrect API key provided: secret")
    result = world.improve(world.labelled(), AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert "check LLM_API_KEY" in result.reason
    assert "secret" not in result.reason


def test_an_endpoint_that_is_down_fails_the_result_with_what_to_do(world: World) -> None:
    world.place = world.with_settings(llm_base_url=f"http://127.0.0.1:{free_port()}/v1")
    result = world.improve(world.labelled(), AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert "check LLM_BASE_URL" in result.reason


def test_an_endpoint_that_answers_too_few_rows_fails_the_result(world: World) -> None:
    metric = world.labelled(right=10, wrong=8)
    world.model.instead = refusing("0 pleased", "1 pleased")
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert result.reason.startswith("2 of 18 rows got no answer from the model (")
    assert asked(world, "proposed_definition") == []


def test_a_candidate_that_too_few_rows_were_judged_with_has_no_score(world: World) -> None:
    metric = world.labelled(right=10, wrong=8)

    def fail_the_candidate(received: Received) -> Sent | None:
        return refusing("0 pleased", "1 pleased")(received) if BETTER in received.texts[0] else None

    world.model.instead = fail_the_candidate
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert str(result.baseline) == "10 of 18"
    assert (result.optimised, result.candidate) == (None, None)
    assert world.live(metric) == POLITE


@on_both
def test_a_run_that_waits_is_cancelled_at_once(world: World) -> None:
    metric = world.labelled()
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    runs.cancel(world.database, world.editor, started.run_id)
    found = world.run(started.run_id)
    assert found.state == "cancelled"
    assert found.results[0].outcome is Outcome.CANCELLED
    world.work()
    assert world.endpoint.received == []
    assert world.job(started.job_id).status == "cancelled"


@on_both
def test_a_run_that_is_going_is_cancelled_and_asks_nothing_more(world: World) -> None:
    metric = world.labelled(right=40, wrong=8)
    world.model.delay = 0.3
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    world.model.instead = once(
        lambda received: received.number == 6,
        lambda: runs.cancel(world.database, world.editor, started.run_id),
    )
    world.work()
    found = world.run(started.run_id)
    assert (found.state, found.results[0].outcome) == ("cancelled", Outcome.CANCELLED)
    assert len(world.endpoint.received) < 40
    assert asked(world, "distilled_rules") == []
    assert world.live(metric) == POLITE


@on_both
def test_a_cancel_in_the_last_moment_still_applies_nothing(world: World) -> None:
    """The last answer is on its way, and no heartbeat will look again before the result is written."""
    metric = world.labelled(right=2, wrong=2)
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    last = 4 + 1 + 3 + 4 - 1
    world.model.instead = once(
        lambda received: received.number == last,
        lambda: runs.cancel(world.database, world.editor, started.run_id),
    )
    world.work()
    result = world.run(started.run_id).results[0]
    assert (result.outcome, result.candidate) == (Outcome.CANCELLED, None)
    assert world.live(metric) == POLITE


def test_a_cancel_does_not_wait_for_an_endpoint_that_takes_minutes(world: World) -> None:
    metric = world.labelled(right=40, wrong=8)
    world.model.delay = 60.0
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    working = threading.Thread(target=world.work, daemon=True)
    working.start()
    while not world.endpoint.received:
        time.sleep(0.05)
    runs.cancel(world.database, world.editor, started.run_id)
    working.join(timeout=30)
    assert not working.is_alive()
    assert world.run(started.run_id).results[0].outcome is Outcome.CANCELLED
