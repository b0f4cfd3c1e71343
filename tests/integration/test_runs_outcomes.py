"""What a run comes to, reached as people reach it: labels, a model over HTTP, a worker."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from core.models import Metric
from core.runs import READ_ONLY, ResultView, RunOptions
from core.terms import Outcome
from tests.databases import on_both
from tests.model_endpoint import Received, Sent, says
from tests.scripted_model import BETTER, POLITE, SAME, WORSE, by_writer, kind, once, refusing
from tests.world import AUTO_APPLY, World

EITHER_WAY = pytest.mark.parametrize("options", [READ_ONLY, AUTO_APPLY], ids=["read-only", "auto-apply"])


def scores(result: ResultView) -> tuple[str, str]:
    return str(result.baseline), str(result.optimised)


def asked(world: World, what: str) -> list[Received]:
    return [received for received in world.endpoint.received if kind(received) == what]


@on_both
def test_a_better_prompt_goes_live_where_the_run_may_apply(world: World) -> None:
    metric = world.labelled()
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert scores(result) == ("3 of 9", "9 of 9")
    assert (result.fixed, result.broken, result.applied_version, result.proposal) == (6, 0, 2, None)
    assert world.live(metric) == BETTER


@on_both
def test_a_better_prompt_waits_for_a_person_where_the_run_may_not_apply(world: World) -> None:
    metric = world.labelled()
    result = world.improve(metric, READ_ONLY)
    assert result.outcome is Outcome.PROPOSED
    assert scores(result) == ("3 of 9", "9 of 9")
    assert result.proposal is not None
    assert not result.applied
    assert world.live(metric) == POLITE


def test_a_tie_is_applied(world: World) -> None:
    metric = world.labelled()
    world.model.proposes = SAME
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert scores(result) == ("3 of 9", "3 of 9")
    assert world.live(metric) == SAME


@EITHER_WAY
def test_a_worse_prompt_is_neither_applied_nor_proposed(world: World, options: RunOptions) -> None:
    metric = world.labelled(right=6, wrong=2)
    world.model.proposes = WORSE
    result = world.improve(metric, options)
    assert result.outcome is Outcome.REGRESSED
    assert scores(result) == ("6 of 8", "0 of 8")
    assert (result.proposal, result.applied) == (None, False)
    assert world.live(metric) == POLITE


@on_both
@EITHER_WAY
def test_an_edit_during_the_run_makes_its_rewrite_stale(world: World, options: RunOptions) -> None:
    metric = world.labelled()
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
    metric = world.labelled()

    def count_the_change() -> None:
        with world.database.write() as session:
            session.execute(update(Metric).values(revision=Metric.revision + 1))

    world.model.instead = once(by_writer, count_the_change)
    assert world.improve(metric, AUTO_APPLY).outcome is Outcome.STALE
    assert world.live(metric) == POLITE


def test_a_worse_rewrite_of_an_edited_prompt_is_called_regressed_not_stale(world: World) -> None:
    metric = world.labelled(right=6, wrong=2)
    world.model.proposes = WORSE
    world.model.instead = once(by_writer, lambda: world.edit(metric, "Was it polite?"))
    assert world.improve(metric, AUTO_APPLY).outcome is Outcome.REGRESSED


@pytest.mark.parametrize(("count", "says"), [(0, "No row is labelled"), (1, "One row is labelled")])
def test_fewer_than_two_labels_are_not_enough_and_cost_no_call(world: World, count: int, says: str) -> None:
    metric = world.labelled(right=count, wrong=0)
    world.row(metric, "angry, and nobody said what is right", feedback="Hm.")
    result = world.improve(metric)
    assert result.outcome is Outcome.NOT_ENOUGH_LABELS
    assert result.reason.startswith(says)
    assert world.endpoint.received == []


def test_one_class_is_a_warning_and_it_runs(world: World) -> None:
    metric = world.labelled(right=0, wrong=7)
    result = world.improve(metric)
    assert result.outcome is Outcome.PROPOSED
    assert "Only one value is labelled" in result.warning


def test_few_disagreements_are_a_warning_and_it_runs(world: World) -> None:
    metric = world.labelled(right=3, wrong=2)
    result = world.improve(metric)
    assert result.outcome is Outcome.PROPOSED
    assert "Only 2 labels disagree" in result.warning


def test_where_every_label_agrees_the_writer_is_not_asked(world: World) -> None:
    metric = world.labelled(right=4, wrong=0)
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.NO_CHANGES
    assert result.reason == "Every label agrees already (4 of 4)."
    assert str(result.baseline) == "4 of 4"
    assert [kind(received) for received in world.endpoint.received] == ["verdict"] * 4


def test_labels_that_teach_nothing_change_nothing(world: World) -> None:
    metric = world.labelled()
    world.model.instead = lambda received: (
        says('{"rules": []}') if kind(received) == "distilled_rules" else None
    )
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.NO_CHANGES
    assert "taught no general rule" in result.reason
    assert asked(world, "proposed_definition") == []


def test_a_rewrite_that_passes_no_check_changes_nothing_and_says_which(world: World) -> None:
    metric = world.labelled()
    world.model.proposes = POLITE
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.NO_CHANGES
    assert result.reason == "No rewrite passed the checks (it changes nothing)."
    assert len(asked(world, "verdict")) == 9


def test_a_row_that_was_not_judged_counts_in_neither_score(world: World) -> None:
    metric = world.labelled(right=12, wrong=8)
    world.model.instead = lambda received: (
        refusing("0 pleased")(received) if received_prompt(received) == POLITE else None
    )
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert scores(result) == ("11 of 19, 1 not judged", "19 of 19, 1 not judged")


def test_unreadable_answers_count_as_disagreement(world: World) -> None:
    metric = world.labelled(right=6, wrong=2)

    def mumble(received: Received) -> Sent | None:
        return says("I'd rather not say.") if BETTER in received.texts[0] else None

    world.model.instead = mumble
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.REGRESSED
    assert scores(result) == ("6 of 8", "0 of 8")
    assert result.calls == len(world.endpoint.received) == 8 + 1 + 3 + 2 * 8


def received_prompt(received: Received) -> str:
    """POLITE where the judge is asked with the live prompt."""
    return POLITE if kind(received) == "verdict" and BETTER not in received.texts[0] else ""
