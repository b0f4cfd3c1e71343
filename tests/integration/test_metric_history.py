"""What a metric's runs came to over time, its place in the list, and the run that works on it now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from core import metrics, runs, schedules
from core.db import database_now
from core.errors import NotAllowed, NotFound
from core.jobs import seconds_left
from core.metrics import MetricSummary
from core.models import Job, MetricVersion, Result
from core.runs import READ_ONLY, RunOptions, live_scores
from core.terms import Actor, Outcome, Role, Score
from tests.model_endpoint import Received, Sent, fails
from tests.scripted_model import BETTER, WORSE
from tests.world import AUTO_APPLY, World, person


@pytest.fixture
def metric(world: World) -> int:
    made = world.metric()
    world.label(made, right=4, wrong=2)
    return made


def summary(world: World, actor: Actor | None = None) -> list[MetricSummary]:
    return metrics.list_metrics(world.database, actor or world.editor, world.project_id)


def lives(world: World, metric: int) -> list[tuple[int, int]]:
    found = live_scores(runs.history(world.database, world.editor, metric))
    return [(one.score.correct, one.score.total) for one in found]


def test_a_metric_without_a_run_has_no_history(world: World, metric: int) -> None:
    assert runs.history(world.database, world.editor, metric) == []


def test_each_finished_result_is_a_point_in_order(world: World, metric: int) -> None:
    applied = world.improve(metric, AUTO_APPLY)
    world.improve(metric, AUTO_APPLY)
    runs.improve(world.database, world.editor, metric, READ_ONLY)

    first, second = runs.history(world.database, world.people[Role.VIEWER], metric)

    assert (first.result_id, first.outcome, first.applied, first.version) == (
        applied.id,
        Outcome.APPLIED,
        True,
        2,
    )
    assert (first.baseline, first.optimised, first.held_out) == (Score(4, 6), Score(6, 6), None)
    assert first.applied_at is not None
    assert first.applied_at >= first.at
    assert (second.outcome, second.baseline, second.applied_at) == (Outcome.NO_CHANGES, None, None)
    assert first.reason == applied.reason


def test_held_out_scores_come_along_from_thirty_labels(world: World, metric: int) -> None:
    world.label(metric, right=20, wrong=10)
    world.improve(metric)
    (point,) = runs.history(world.database, world.editor, metric)
    assert point.held_out is not None
    assert point.held_out.baseline.total == point.held_out.optimised.total > 0
    assert point.held_out.optimised.rate == 1.0


def test_the_live_score_rises_when_a_proposal_is_applied_later(world: World, metric: int) -> None:
    proposal = world.improve(metric).proposal
    assert lives(world, metric) == [(4, 6)]

    assert proposal is not None
    runs.apply(world.database, world.editor, proposal)
    with world.database.write() as session:
        later = database_now(session) + timedelta(days=2)
        session.execute(update(MetricVersion).where(MetricVersion.number == 2).values(created_at=later))

    (point,) = runs.history(world.database, world.editor, metric)
    assert (point.outcome, point.applied, point.applied_at) == (Outcome.PROPOSED, True, later)
    assert lives(world, metric) == [(4, 6), (6, 6)]


def test_a_regressed_rewrite_leaves_the_live_score(world: World, metric: int) -> None:
    world.model.proposes = WORSE
    world.improve(metric, AUTO_APPLY)
    (point,) = runs.history(world.database, world.editor, metric)
    assert point.outcome is Outcome.REGRESSED
    assert lives(world, metric) == [(4, 6)]


def test_what_a_failing_model_left_unjudged_is_no_live_score(world: World, metric: int) -> None:
    def refuses_the_bad_ones(received: Received) -> Sent | None:
        return fails(400, "too rude") if "never again" in received.texts[1] else None

    world.model.instead = refuses_the_bad_ones
    result = world.improve(metric)
    assert result.outcome is Outcome.FAILED
    assert lives(world, metric) == []


def test_of_a_long_history_the_newest_are_kept(world: World, metric: int) -> None:
    ids = [world.improve(metric).id for _ in range(3)]
    found = runs.history(world.database, world.editor, metric, limit=2)
    assert [point.result_id for point in found] == ids[1:]


def test_strangers_see_neither_history_nor_list(world: World, metric: int) -> None:
    stranger = person(world.database, "stranger@example.org")
    with pytest.raises(NotFound):
        runs.history(world.database, stranger, metric)
    with pytest.raises(NotAllowed):
        summary(world, stranger)
    with pytest.raises(NotFound):
        metrics.metric_summary(world.database, stranger, metric)
    with pytest.raises(NotFound):
        runs.going_on(world.database, stranger, metric)


def test_the_list_says_how_each_metric_stands(world: World, metric: int) -> None:
    world.metric("brief", critical=True)
    result = world.improve(metric)

    brief, polite = summary(world, world.people[Role.VIEWER])

    assert (brief.name, brief.labelled, brief.score, brief.last_outcome, brief.critical) == (
        "brief",
        0,
        None,
        None,
        True,
    )
    assert (polite.name, polite.labelled, polite.version, polite.going) == ("Polite", 6, 1, False)
    assert (polite.score, polite.last_outcome) == (Score(4, 6), Outcome.PROPOSED)
    run_id = runs.progress(world.database, world.editor, result.id).run_id
    assert polite.waiting_run == polite.last_run == run_id
    assert metrics.metric_summary(world.database, world.editor, metric) == polite


def test_the_listed_score_is_the_one_that_was_applied(world: World, metric: int) -> None:
    world.improve(metric, AUTO_APPLY)
    world.improve(metric, AUTO_APPLY)
    (polite,) = summary(world)
    assert (polite.score, polite.version, polite.waiting_run) == (Score(6, 6), 2, None)
    assert polite.last_outcome is Outcome.NO_CHANGES


def test_the_list_says_when_a_score_is_of_an_earlier_definition(world: World, metric: int) -> None:
    world.improve(metric, AUTO_APPLY)
    assert not summary(world)[0].outdated

    world.edit(metric, "Something else?")
    (edited,) = summary(world)
    assert (edited.score, edited.outdated) == (Score(6, 6), True)

    world.edit(metric, BETTER)
    assert not summary(world)[0].outdated


def test_the_list_takes_as_many_statements_for_many_metrics_as_for_one(world: World, metric: int) -> None:
    few = statements(world)
    for number in range(20):
        world.metric(f"Metric {number}")
    assert len(summary(world)) == 21
    assert statements(world) == few


def statements(world: World) -> int:
    """How many statements one list takes."""
    seen: list[str] = []

    def count(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(world.database.engine, "before_cursor_execute", count)
    try:
        summary(world)
    finally:
        event.remove(world.database.engine, "before_cursor_execute", count)
    return len(seen)


def test_a_run_that_waits_for_a_worker_is_going_on(world: World, metric: int) -> None:
    assert runs.going_on(world.database, world.editor, metric) is None
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)

    going = runs.going_on(world.database, world.people[Role.VIEWER], metric)

    assert going is not None
    assert (going.result_id, going.final, going.metrics_in_run) == (started.result_id, False, 1)
    assert going.waits_seconds is not None
    assert (going.waits_for_run, going.seconds_left) == (None, None)
    assert summary(world)[0].going


def test_a_result_that_waits_its_turn_names_the_run_before_it(world: World, metric: int) -> None:
    other = world.metric("Brief")
    by_hand = runs.improve(world.database, world.editor, metric, READ_ONLY)
    made = schedules.add(world.database, world.admin, world.project_id, [metric, other], "0 9 * * 1")
    run_id, _ = schedules.run_now(world.database, world.admin, made.id)
    waiting = next(one for one in world.run(run_id).results if one.metric_id == metric)

    found = runs.progress(world.database, world.editor, waiting.id)
    going = runs.going_on(world.database, world.editor, metric)

    assert (found.waits_for_run, found.metrics_in_run) == (by_hand.run_id, 2)
    assert going is not None
    assert going.run_id == by_hand.run_id


def test_progress_tells_stage_calls_and_what_came_of_it(world: World, metric: int) -> None:
    seen: list[runs.Progress] = []
    started = runs.improve(world.database, world.editor, metric, RunOptions())

    def look(received: Received) -> None:
        seen.append(runs.progress(world.database, world.editor, started.result_id))

    world.model.instead = look
    world.work()

    assert all(each.waits_seconds is None and not each.final for each in seen)
    done = runs.progress(world.database, world.editor, started.result_id)
    assert (done.final, done.outcome, done.baseline, done.optimised) == (
        True,
        Outcome.PROPOSED,
        Score(4, 6),
        Score(6, 6),
    )
    assert runs.going_on(world.database, world.editor, metric) is None
    with pytest.raises(NotFound):
        runs.progress(world.database, world.editor, 999)


def test_time_left_follows_the_pace_so_far() -> None:
    assert seconds_left(4, 100, 10.0) is None
    assert seconds_left(50, 100, 10.0) == 10.0
    assert seconds_left(100, 100, 10.0) == 0.0
    assert seconds_left(120, 100, 10.0) == 0.0
    assert seconds_left(50, 100, 0.0) is None


def test_time_left_counts_from_when_the_worker_began(world: World, metric: int) -> None:
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    with world.database.write() as session:
        begun = database_now(session) - timedelta(seconds=100)
        session.execute(
            update(Job)
            .where(Job.id == started.job_id)
            .values(status="running", started_at=begun, calls_done=50, calls_expected=60, stage="Judging")
        )
    found = runs.progress(world.database, world.editor, started.result_id)
    assert (found.stage, found.waits_seconds) == ("Judging", None)
    assert found.seconds_left == pytest.approx(20, abs=5)


def test_what_a_run_wrote_can_be_taken_up_again(world: World, metric: int) -> None:
    result = world.improve(metric)
    written = runs.written_candidate(world.database, world.people[Role.VIEWER], result.id)
    assert (written.metric_id, written.definition.description) == (metric, BETTER)

    nothing_new = world.improve(metric)
    for missing in (nothing_new.id, 999):
        with pytest.raises(NotFound):
            runs.written_candidate(world.database, world.editor, missing)
    with world.database.read() as session:
        assert session.get_one(Result, nothing_new.id).candidate is None
