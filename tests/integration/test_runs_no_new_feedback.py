"""A question that an earlier run decided is not asked again: not one model call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from core import jobs, lab, runs
from core.models import Job, Metric, MetricReview
from core.runs import READ_ONLY, ResultView, RunOptions
from core.terms import Outcome
from tests.databases import on_both
from tests.model_endpoint import fails
from tests.scripted_model import BETTER, GOOD, POLITE, WORSE, once
from tests.world import AUTO_APPLY, World


def asks_again(world: World, metric: int, options: RunOptions = READ_ONLY) -> tuple[ResultView, bool]:
    """The result of another run, and whether it asked the model anything."""
    before = len(world.endpoint.received)
    result = world.improve(metric, options)
    return result, len(world.endpoint.received) > before


def assert_nothing_new(world: World, metric: int, since: ResultView) -> ResultView:
    result, asked = asks_again(world, metric, AUTO_APPLY)
    assert (result.outcome, asked, result.calls) == (Outcome.NO_CHANGES, False, 0)
    assert result.reason.startswith("No new feedback since run ")
    assert f"run {run_of(world, since)} of" in result.reason
    return result


def run_of(world: World, result: ResultView) -> int:
    return next(
        run.id for run in runs.list_runs(world.database, world.admin) if run.results[0].id == result.id
    )


@on_both
def test_nothing_is_asked_right_after_an_apply(world: World) -> None:
    metric = world.labelled()
    applied = world.improve(metric, AUTO_APPLY)
    assert applied.outcome is Outcome.APPLIED
    assert_nothing_new(world, metric, applied)
    assert_nothing_new(world, metric, applied)
    assert world.live(metric) == BETTER


@on_both
def test_nothing_is_asked_while_a_proposal_waits_and_the_row_names_it(world: World) -> None:
    metric = world.labelled()
    proposed = world.improve(metric)
    again = assert_nothing_new(world, metric, proposed)
    assert f"Its proposal {proposed.proposal} still waits for review." in again.reason
    assert again.proposal is None
    assert world.live(metric) == POLITE, "a later run never applies a proposal"


@on_both
def test_nothing_is_asked_after_a_proposal_was_applied_by_hand(world: World) -> None:
    metric = world.labelled()
    proposed = world.improve(metric)
    assert proposed.proposal is not None
    runs.apply(world.database, world.editor, proposed.proposal)
    again = assert_nothing_new(world, metric, proposed)
    assert "still waits" not in again.reason


def test_nothing_is_asked_after_a_proposal_was_rejected(world: World) -> None:
    metric = world.labelled()
    proposed = world.improve(metric)
    assert proposed.proposal is not None
    runs.reject(world.database, world.editor, proposed.proposal, "Too strict.")
    assert_nothing_new(world, metric, proposed)


def test_nothing_is_asked_after_a_regression(world: World) -> None:
    metric = world.metric()
    world.label(metric, right=6, wrong=2)
    world.model.proposes = WORSE
    regressed = world.improve(metric)
    assert regressed.outcome is Outcome.REGRESSED
    assert_nothing_new(world, metric, regressed)


def test_nothing_is_asked_after_every_label_agreed(world: World) -> None:
    metric = world.metric()
    world.label(metric, right=4, wrong=0)
    agreed = world.improve(metric)
    assert agreed.outcome is Outcome.NO_CHANGES
    assert_nothing_new(world, metric, agreed)


Change = Callable[[World, int], object]


def another_label(world: World, metric: int) -> None:
    world.row(metric, f"another call {GOOD}", expected="true")


def another_note_without_a_label(world: World, metric: int) -> None:
    world.row(metric, "a call that nobody labelled", feedback="This one is hard to tell.")


def a_label_turned(world: World, metric: int) -> None:
    lab.label(world.database, world.editor, first_review(world), False)


def a_note_changed(world: World, metric: int) -> None:
    lab.note(world.database, world.editor, first_review(world), "She did say thank you.")


def a_label_taken_back(world: World, metric: int) -> None:
    lab.unlabel(world.database, world.editor, first_review(world))


def the_definition_edited(world: World, metric: int) -> None:
    world.edit(metric, "Did the agent stay polite to the end?")


def a_tolerance_set(world: World, metric: int) -> None:
    with world.database.write() as session:
        session.execute(update(Metric).values(tolerance=0.5, revision=Metric.revision + 1))


def another_model(world: World, metric: int) -> None:
    with world.database.write() as session:
        session.execute(update(Metric).values(model="another"))


def first_review(world: World) -> int:
    with world.database.read() as session:
        return session.scalars(select(MetricReview.id).order_by(MetricReview.id)).first() or 0


@pytest.mark.parametrize(
    "change",
    [
        another_label,
        another_note_without_a_label,
        a_label_turned,
        the_definition_edited,
        another_model,
        *(
            pytest.param(change, marks=pytest.mark.thorough)
            for change in (a_note_changed, a_label_taken_back, a_tolerance_set)
        ),
    ],
)
def test_it_is_asked_again_after(world: World, change: Change) -> None:
    metric = world.labelled()
    world.improve(metric)
    change(world, metric)
    result, asked = asks_again(world, metric)
    assert asked
    assert result.outcome is Outcome.PROPOSED


def test_the_same_label_given_again_is_nothing_new(world: World) -> None:
    metric = world.labelled()
    proposed = world.improve(metric)
    lab.label(world.database, world.editor, first_review(world), True)
    assert_nothing_new(world, metric, proposed)


def test_an_edit_that_was_taken_back_leaves_the_question_decided(world: World) -> None:
    metric = world.labelled()
    proposed = world.improve(metric)
    world.edit(metric, "Something else?")
    world.edit(metric, POLITE)
    assert_nothing_new(world, metric, proposed)


def test_it_is_asked_again_after_a_failure(world: World) -> None:
    metric = world.labelled()
    world.model.instead = lambda received: fails(401)
    assert world.improve(metric).outcome is Outcome.FAILED
    world.model.instead = lambda received: None
    assert world.improve(metric).outcome is Outcome.PROPOSED


def test_it_is_asked_again_after_a_cancelled_run(world: World) -> None:
    metric = world.labelled()
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    world.model.instead = once(
        lambda received: True, lambda: runs.cancel(world.database, world.editor, started.run_id)
    )
    world.work()
    assert world.run(started.run_id).results[0].outcome is Outcome.CANCELLED
    assert world.improve(metric).outcome is Outcome.PROPOSED


def test_it_is_asked_again_after_a_run_that_stopped_at_its_budget(world: World) -> None:
    metric = world.labelled()
    assert world.improve(metric, RunOptions(max_calls=12)).outcome is Outcome.OVER_BUDGET
    assert world.improve(metric).outcome is Outcome.PROPOSED


def test_it_is_asked_again_after_a_run_whose_rewrite_was_stale(world: World) -> None:
    metric = world.labelled()

    def edit_and_take_back() -> None:
        world.edit(metric, "Something else?")
        world.edit(metric, POLITE)

    world.model.instead = once(lambda received: True, edit_and_take_back)
    assert world.improve(metric).outcome is Outcome.STALE
    assert world.improve(metric).outcome is Outcome.PROPOSED


def test_it_is_asked_again_after_a_job_that_killed_its_workers(world: World) -> None:
    metric = world.labelled()
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    with world.database.write() as session:
        session.execute(update(Job).values(attempt=jobs.MAX_ATTEMPTS))
    world.work()
    assert world.run(started.run_id).results[0].outcome is Outcome.FAILED
    assert world.improve(metric).outcome is Outcome.PROPOSED
