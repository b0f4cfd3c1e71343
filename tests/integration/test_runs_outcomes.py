"""Every outcome of a run, reached as people reach it: labels, a model over HTTP, a worker."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from core import runs
from core.models import Metric
from core.runs import READ_ONLY, ResultView, RunOptions
from core.terms import Outcome
from tests.databases import on_both
from tests.model_endpoint import Received, Sent, fails, says
from tests.scripted_model import BETTER, POLITE, SAME, WORSE, by_writer, kind, once, refusing
from tests.servers import free_port
from tests.world import AUTO_APPLY, World

EITHER_WAY = pytest.mark.parametrize("options", [READ_ONLY, AUTO_APPLY], ids=["read-only", "auto-apply"])


def labelled(world: World, right: int = 3, wrong: int = 6) -> int:
    metric = world.metric()
    world.label(metric, right=right, wrong=wrong)
    return metric


def scores(result: ResultView) -> tuple[str, str]:
    return str(result.baseline), str(result.optimised)


def asked(world: World, what: str) -> list[Received]:
    return [received for received in world.endpoint.received if kind(received) == what]


@on_both
def test_a_better_prompt_goes_live_where_the_run_may_apply(world: World) -> None:
    metric = labelled(world)
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert scores(result) == ("3 of 9", "9 of 9")
    assert (result.fixed, result.broken, result.applied_version, result.proposal) == (6, 0, 2, None)
    assert world.live(metric) == BETTER


@on_both
def test_a_better_prompt_waits_for_a_person_where_the_run_may_not_apply(world: World) -> None:
    metric = labelled(world)
    result = world.improve(metric, READ_ONLY)
    assert result.outcome is Outcome.PROPOSED
    assert scores(result) == ("3 of 9", "9 of 9")
    assert result.proposal is not None
    assert not result.applied
    assert world.live(metric) == POLITE


def test_a_tie_is_applied(world: World) -> None:
    metric = labelled(world)
    world.model.proposes = SAME
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert scores(result) == ("3 of 9", "3 of 9")
    assert world.live(metric) == SAME


@EITHER_WAY
def test_a_worse_prompt_is_neither_applied_nor_proposed(world: World, options: RunOptions) -> None:
    metric = labelled(world, right=6, wrong=2)
    world.model.proposes = WORSE
    result = world.improve(metric, options)
    assert result.outcome is Outcome.REGRESSED
    assert scores(result) == ("6 of 8", "0 of 8")
    assert (result.proposal, result.applied) == (None, False)
    assert world.live(metric) == POLITE


@on_both
@EITHER_WAY
def test_an_edit_during_the_run_makes_its_rewrite_stale(world: World, options: RunOptions) -> None:
    metric = labelled(world)
    edited = "Did the agent stay polite to everybody?"
    world.model.instead = once(
        lambda received: kind(received) == "proposed_definition", lambda: world.edit(metric, edited)
    )
    result = world.improve(metric, options)
    assert result.outcome is Outcome.STALE
    assert scores(result) == ("3 of 9", "9 of 9")
    assert result.proposal is None
    assert world.live(metric) == edited


def test_changed_eval_settings_make_the_rewrite_stale_too(world: World) -> None:
    metric = labelled(world)

    def count_the_change() -> None:
        with world.database.write() as session:
            session.execute(update(Metric).values(revision=Metric.revision + 1))

    world.model.instead = once(by_writer, count_the_change)
    assert world.improve(metric, AUTO_APPLY).outcome is Outcome.STALE
    assert world.live(metric) == POLITE


def test_a_worse_rewrite_of_an_edited_prompt_is_called_regressed_not_stale(world: World) -> None:
    metric = labelled(world, right=6, wrong=2)
    world.model.proposes = WORSE
    world.model.instead = once(by_writer, lambda: world.edit(metric, "Was it polite?"))
    assert world.improve(metric, AUTO_APPLY).outcome is Outcome.REGRESSED


@pytest.mark.parametrize(("count", "says"), [(0, "No row is labelled"), (1, "One row is labelled")])
def test_fewer_than_two_labels_are_not_enough_and_cost_no_call(world: World, count: int, says: str) -> None:
    metric = labelled(world, right=count, wrong=0)
    world.row(metric, "angry, and nobody said what is right", feedback="Hm.")
    result = world.improve(metric)
    assert result.outcome is Outcome.NOT_ENOUGH_LABELS
    assert result.reason.startswith(says)
    assert world.endpoint.received == []


def test_one_class_is_a_warning_and_it_runs(world: World) -> None:
    metric = labelled(world, right=0, wrong=7)
    result = world.improve(metric)
    assert result.outcome is Outcome.PROPOSED
    assert "Only one value is labelled" in result.warning


def test_few_disagreements_are_a_warning_and_it_runs(world: World) -> None:
    metric = labelled(world, right=3, wrong=2)
    result = world.improve(metric)
    assert result.outcome is Outcome.PROPOSED
    assert "Only 2 labels disagree" in result.warning


def test_where_every_label_agrees_the_writer_is_not_asked(world: World) -> None:
    metric = labelled(world, right=4, wrong=0)
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.NO_CHANGES
    assert result.reason == "Every label agrees already (4 of 4)."
    assert str(result.baseline) == "4 of 4"
    assert [kind(received) for received in world.endpoint.received] == ["verdict"] * 4


def test_labels_that_teach_nothing_change_nothing(world: World) -> None:
    metric = labelled(world)
    world.model.instead = lambda received: (
        says('{"rules": []}') if kind(received) == "distilled_rules" else None
    )
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.NO_CHANGES
    assert "taught no general rule" in result.reason
    assert asked(world, "proposed_definition") == []


def test_a_rewrite_that_passes_no_check_changes_nothing_and_says_which(world: World) -> None:
    metric = labelled(world)
    world.model.proposes = POLITE
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.NO_CHANGES
    assert result.reason == "No rewrite passed the checks (it changes nothing)."
    assert len(asked(world, "verdict")) == 9


@pytest.mark.parametrize("limit", [1, 5, 9, 11, 15, 20])
def test_a_run_stops_at_its_budget_and_proposes_nothing(world: World, limit: int) -> None:
    metric = labelled(world)
    result = world.improve(metric, RunOptions(auto_apply=True, max_calls=limit))
    assert result.outcome is Outcome.OVER_BUDGET
    assert f"{limit} calls" in result.reason
    assert len(world.endpoint.received) <= limit
    assert result.calls == len(world.endpoint.received)
    assert (result.proposal, result.candidate, result.optimised) == (None, None, None)
    assert world.live(metric) == POLITE


def test_a_run_that_needs_its_whole_budget_is_not_over_it(world: World) -> None:
    result = world.improve(labelled(world), RunOptions(max_calls=9 + 1 + 3 + 9))
    assert result.outcome is Outcome.PROPOSED
    assert result.calls == len(world.endpoint.received) == 22


def test_a_budget_in_money_needs_prices(world: World) -> None:
    result = world.improve(labelled(world), RunOptions(max_cost=1.0))
    assert result.outcome is Outcome.FAILED
    assert "LLM_PRICE_INPUT" in result.reason
    assert world.endpoint.received == []


def test_a_budget_in_money_is_never_passed(world: World) -> None:
    world.place = world.with_settings(llm_price_input=1000.0, llm_price_output=1000.0)
    result = world.improve(labelled(world), RunOptions(max_cost=4.0))
    assert result.outcome is Outcome.OVER_BUDGET
    assert result.cost is not None
    assert 0 < result.cost <= 4.0
    assert result.cost == pytest.approx(len(world.endpoint.received) * 110 / 1000)


def test_an_endpoint_that_refuses_the_key_fails_the_result_with_what_to_do(world: World) -> None:
    world.model.instead = lambda received: fails(401, "Incorrect API key provided: secret")
    result = world.improve(labelled(world), AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert "check LLM_API_KEY" in result.reason
    assert "secret" not in result.reason


def test_an_endpoint_that_is_down_fails_the_result_with_what_to_do(world: World) -> None:
    world.place = world.with_settings(llm_base_url=f"http://127.0.0.1:{free_port()}/v1")
    result = world.improve(labelled(world), AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert "check LLM_BASE_URL" in result.reason


def test_an_endpoint_that_answers_too_few_rows_fails_the_result(world: World) -> None:
    metric = labelled(world, right=10, wrong=8)
    world.model.instead = refusing("0 pleased", "1 pleased")
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert result.reason.startswith("2 of 18 rows got no answer from the model (")
    assert asked(world, "proposed_definition") == []


def test_a_candidate_that_too_few_rows_were_judged_with_has_no_score(world: World) -> None:
    metric = labelled(world, right=10, wrong=8)

    def fail_the_candidate(received: Received) -> Sent | None:
        return refusing("0 pleased", "1 pleased")(received) if BETTER in received.texts[0] else None

    world.model.instead = fail_the_candidate
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.FAILED
    assert str(result.baseline) == "10 of 18"
    assert (result.optimised, result.candidate) == (None, None)
    assert world.live(metric) == POLITE


def test_a_row_that_was_not_judged_counts_in_neither_score(world: World) -> None:
    metric = labelled(world, right=12, wrong=8)
    world.model.instead = lambda received: (
        refusing("0 pleased")(received) if received_prompt(received) == POLITE else None
    )
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert scores(result) == ("11 of 19, 1 not judged", "19 of 19, 1 not judged")


def test_unreadable_answers_count_as_disagreement(world: World) -> None:
    metric = labelled(world, right=6, wrong=2)

    def mumble(received: Received) -> Sent | None:
        return says("I'd rather not say.") if BETTER in received.texts[0] else None

    world.model.instead = mumble
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.REGRESSED
    assert scores(result) == ("6 of 8", "0 of 8")
    assert result.calls == len(world.endpoint.received) == 8 + 1 + 3 + 2 * 8


@on_both
def test_a_run_that_waits_is_cancelled_at_once(world: World) -> None:
    metric = labelled(world)
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
    metric = labelled(world, right=40, wrong=8)
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
    metric = labelled(world, right=2, wrong=2)
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


def received_prompt(received: Received) -> str:
    """POLITE where the judge is asked with the live prompt."""
    return POLITE if kind(received) == "verdict" and BETTER not in received.texts[0] else ""
