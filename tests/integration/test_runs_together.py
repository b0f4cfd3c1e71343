"""Several runs, results and workers at the same time."""

from __future__ import annotations

from functools import partial

from sqlalchemy import func, select

from core import jobs, queue, runs
from core.models import Delivery, Result
from core.runs import READ_ONLY, Started, finish_open_runs, finish_run
from core.terms import Outcome
from core.work import perform
from tests.at_once import at_once
from tests.databases import on_both
from tests.world import World


@on_both
def test_who_presses_the_button_while_a_run_is_going_joins_it(world: World) -> None:
    metric = world.labelled()
    press = partial(runs.improve, world.database, world.editor, metric, READ_ONLY)

    started = [each for each in at_once([press] * 4) if isinstance(each, Started)]

    assert len(started) == 4
    assert len({(each.run_id, each.result_id, each.job_id) for each in started}) == 1
    assert [each.joined for each in started].count(False) == 1
    world.work()
    assert not press().joined


@on_both
def test_a_scheduled_result_waits_its_turn_and_then_finds_nothing_new(world: World) -> None:
    metric = world.labelled()
    by_hand = runs.improve(world.database, world.editor, metric, READ_ONLY)
    run_id, [waiting] = world.scheduled_run(metric)

    for _ in range(3):
        perform(world.place, world.redis, waiting)
        world.later()
    assert world.run(run_id).results[0].state == "waiting"
    assert world.endpoint.received == []

    perform(world.place, world.redis, waiting)
    perform(world.place, world.redis, by_hand.job_id)
    assert world.due_jobs()[0] == waiting, "the end of the one wakes the other"
    assert f"job-{waiting}-0" in queue.queue(world.redis).get_job_ids()
    asked = len(world.endpoint.received)
    world.work()

    assert world.run(by_hand.run_id).results[0].outcome is Outcome.PROPOSED
    assert world.run(run_id).results[0].outcome is Outcome.NO_CHANGES
    assert len(world.endpoint.received) == asked


@on_both
def test_of_two_results_that_want_the_same_metric_at_once_one_gets_it(world: World) -> None:
    metric = world.labelled()
    both = [world.scheduled_run(metric)[1][0] for _ in range(2)]

    at_once([partial(perform, world.place, world.redis, job_id) for job_id in both])
    world.later()
    world.work()

    outcomes = [run.results[0].outcome for run in runs.list_runs(world.database, world.admin)]
    assert sorted(outcomes, key=str) == [Outcome.NO_CHANGES, Outcome.PROPOSED]


@on_both
def test_cancelling_the_run_that_is_going_lets_the_next_one_go(world: World) -> None:
    metric = world.labelled()
    by_hand = runs.improve(world.database, world.editor, metric, READ_ONLY)
    run_id, [waiting] = world.scheduled_run(metric)
    perform(world.place, world.redis, waiting)
    assert waiting not in world.due_jobs()

    assert waiting in runs.cancel(world.database, world.editor, by_hand.run_id)

    world.work()
    assert world.run(run_id).results[0].outcome is Outcome.PROPOSED


@on_both
def test_a_run_whose_results_end_together_finishes_once_with_one_set_of_mails(world: World) -> None:
    metric_ids = [world.metric(f"Metric {number}") for number in range(8)]
    run_id, job_ids = world.scheduled_run(*metric_ids)

    at_once([partial(perform, world.place, world.redis, job_id) for job_id in job_ids])

    assert world.run(run_id).state == "finished"
    with world.database.read() as session:
        recipients = session.scalars(select(Delivery.recipient)).all()
    assert sorted(recipients) == sorted(actor.name for actor in world.people.values())


@on_both
def test_finishing_a_run_many_times_at_once_writes_its_mails_once(world: World) -> None:
    run_id, [job_id] = world.scheduled_run(world.metric())
    claimed = jobs.claim(world.database, job_id)
    assert claimed is not None
    with world.database.write() as session:
        result = session.scalars(select(Result)).one()
        result.state, result.outcome = "done", Outcome.NO_CHANGES.value
        jobs.finish(session, claimed, "finished")

    finish = [partial(finish_run, world.database, run_id), partial(finish_open_runs, world.database)]
    made = at_once(finish * 4)

    assert sorted(len(ids) for ids in made if isinstance(ids, list)) == [0] * 7 + [4]
    finished_at = world.run(run_id).finished_at
    finish_run(world.database, run_id)
    assert world.run(run_id).finished_at == finished_at
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 4


def test_a_run_with_an_open_result_is_not_finished(world: World) -> None:
    run_id, _ = world.scheduled_run(world.metric())
    assert finish_run(world.database, run_id) == []
    assert finish_open_runs(world.database) == []
    assert world.run(run_id).finished_at is None
