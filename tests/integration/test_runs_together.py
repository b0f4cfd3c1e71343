"""Several runs, results and workers at the same time."""

from __future__ import annotations

import time
from functools import partial

import pytest
from sqlalchemy import func, select, update

from core import jobs, runs, schedules
from core.db import database_now
from core.errors import NotAllowed, Refused
from core.jobs.lease import BEAT_SECONDS
from core.models import Delivery, Job, Metric, Result, Run
from core.runs import READ_ONLY, Started, finish_open_runs, finish_run
from core.terms import Actor, Origin, Outcome, Role
from core.work import perform, reconcile
from tests.at_once import at_once
from tests.databases import on_both
from tests.model_endpoint import Received
from tests.scripted_model import BETTER, POLITE
from tests.world import AUTO_APPLY, World, person


def labelled(world: World, name: str = "Polite") -> int:
    metric = world.metric(name)
    world.label(metric, right=3, wrong=6)
    return metric


def scheduled_run(world: World, *metric_ids: int) -> tuple[int, list[int]]:
    """A run of a schedule over the metrics, fired now; its id and jobs."""
    made = schedules.add(world.database, world.admin, world.project_id, metric_ids, "0 9 * * 1")
    return schedules.run_now(world.database, world.admin, made.id)


@on_both
def test_who_presses_the_button_while_a_run_is_going_joins_it(world: World) -> None:
    metric = labelled(world)
    press = partial(runs.improve, world.database, world.editor, metric, READ_ONLY)

    started = [each for each in at_once([press] * 4) if isinstance(each, Started)]

    assert len(started) == 4
    assert len({(each.run_id, each.result_id, each.job_id) for each in started}) == 1
    assert [each.joined for each in started].count(False) == 1
    world.work()
    assert not press().joined


@on_both
def test_a_scheduled_result_waits_its_turn_and_then_finds_nothing_new(world: World) -> None:
    metric = labelled(world)
    by_hand = runs.improve(world.database, world.editor, metric, READ_ONLY)
    run_id, [waiting] = scheduled_run(world, metric)

    for _ in range(3):
        perform(world.place, world.redis, waiting)
        world.later()
    assert world.run(run_id).results[0].state == "waiting"
    assert world.endpoint.received == []

    perform(world.place, world.redis, waiting)
    perform(world.place, world.redis, by_hand.job_id)
    assert world.due_jobs()[0] == waiting, "the end of the one wakes the other"
    asked = len(world.endpoint.received)
    world.work()

    assert world.run(by_hand.run_id).results[0].outcome is Outcome.PROPOSED
    assert world.run(run_id).results[0].outcome is Outcome.NO_CHANGES
    assert len(world.endpoint.received) == asked


@on_both
def test_of_two_results_that_want_the_same_metric_at_once_one_gets_it(world: World) -> None:
    metric = labelled(world)
    both = [scheduled_run(world, metric)[1][0] for _ in range(2)]

    at_once([partial(perform, world.place, world.redis, job_id) for job_id in both])
    world.later()
    world.work()

    outcomes = [run.results[0].outcome for run in runs.list_runs(world.database, world.admin)]
    assert sorted(outcomes, key=str) == [Outcome.NO_CHANGES, Outcome.PROPOSED]


def test_cancelling_reaches_a_result_that_waits_behind_another_run(world: World) -> None:
    metric = labelled(world)
    runs.improve(world.database, world.editor, metric, READ_ONLY)
    run_id, [waiting] = scheduled_run(world, metric)
    claimed = jobs.claim(world.database, waiting)
    assert claimed is not None
    runs.cancel(world.database, world.editor, run_id)
    with world.database.write() as session:
        jobs.defer(session, claimed, 0)

    perform(world.place, world.redis, waiting)

    assert world.run(run_id).state == "cancelled"


@on_both
def test_cancelling_the_run_that_is_going_lets_the_next_one_go(world: World) -> None:
    metric = labelled(world)
    by_hand = runs.improve(world.database, world.editor, metric, READ_ONLY)
    run_id, [waiting] = scheduled_run(world, metric)
    perform(world.place, world.redis, waiting)
    assert waiting not in world.due_jobs()

    assert waiting in runs.cancel(world.database, world.editor, by_hand.run_id)

    world.work()
    assert world.run(run_id).results[0].outcome is Outcome.PROPOSED


def test_a_failing_metric_does_not_stop_the_others_of_its_run(world: World) -> None:
    first, broken, last = (labelled(world, name) for name in ("First", "Broken", "Last"))
    with world.database.write() as session:
        session.execute(update(Metric).where(Metric.id == broken).values(live_version_id=999))
    with world.database.write() as session:
        run, _ = runs.create_run(
            session, world.editor, world.project_id, [first, broken, last], READ_ONLY, state=runs.WAITING
        )
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        world.work()
        world.later()

    found = world.run(run.id)
    assert found.state == "finished"
    assert [result.outcome for result in found.results] == [
        Outcome.PROPOSED,
        Outcome.FAILED,
        Outcome.PROPOSED,
    ]


@on_both
def test_a_run_whose_results_end_together_finishes_once_with_one_set_of_mails(world: World) -> None:
    metric_ids = [world.metric(f"Metric {number}") for number in range(8)]
    run_id, job_ids = scheduled_run(world, *metric_ids)

    at_once([partial(perform, world.place, world.redis, job_id) for job_id in job_ids])

    assert world.run(run_id).state == "finished"
    with world.database.read() as session:
        recipients = session.scalars(select(Delivery.recipient)).all()
    assert sorted(recipients) == sorted(actor.name for actor in world.people.values())


@on_both
def test_finishing_a_run_many_times_at_once_writes_its_mails_once(world: World) -> None:
    run_id, [job_id] = scheduled_run(world, world.metric())
    claimed = jobs.claim(world.database, job_id)
    assert claimed is not None
    with world.database.write() as session:
        result = session.scalars(select(Result)).one()
        result.state, result.outcome = "done", Outcome.NO_CHANGES.value
        jobs.finish(session, claimed, "finished")

    finish = [partial(finish_run, world.database, run_id), partial(finish_open_runs, world.database)]
    made = at_once(finish * 4)

    assert sorted(len(ids) for ids in made if isinstance(ids, list)) == [0] * 7 + [4]
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 4


def test_a_run_with_an_open_result_is_not_finished(world: World) -> None:
    run_id, _ = scheduled_run(world, world.metric())
    assert finish_run(world.database, run_id) == []
    assert finish_open_runs(world.database) == []
    assert world.run(run_id).finished_at is None


@on_both
def test_a_worker_that_died_before_it_closed_the_run_is_made_up_for(world: World) -> None:
    run_id, _ = scheduled_run(world, world.metric())
    world.work()
    with world.database.write() as session:
        session.execute(update(Run).values(finished_at=None))
    reconcile(world.place, world.redis)
    assert world.run(run_id).state == "finished"


def test_a_budget_holds_over_several_attempts(world: World) -> None:
    """The first worker dies once half of the budget is spent; its answers are there, and count."""
    metric = labelled(world)
    started = runs.improve(
        world.database, world.editor, metric, runs.RunOptions(auto_apply=True, max_calls=12)
    )
    die_after(world, started.job_id, 9)
    world.work()

    result = world.run(started.run_id).results[0]
    assert result.outcome is Outcome.OVER_BUDGET
    assert result.calls <= 12
    assert len(world.endpoint.received) <= 12 + world.settings.llm_concurrency
    assert "over several attempts" in result.reason


def die_after(world: World, job_id: int, calls: int) -> None:
    """Work on the job, and lose the lease with that many answers; calls then open come to nothing."""

    def lose(received: Received) -> None:
        if received.number == calls:
            world.silence(job_id)
            jobs.expire_leases(world.database, 20.0)
        if received.number >= calls:
            time.sleep(2 * BEAT_SECONDS)

    world.model.instead = lose
    perform(world.place, world.redis, job_id)
    world.model.instead = lambda received: None
    assert calls < len(world.endpoint.received) <= calls + world.settings.llm_concurrency


@on_both
def test_a_worker_that_was_only_thought_dead_writes_no_result(world: World) -> None:
    metric = labelled(world)
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    last = 9 + 1 + 3 + 9 - 1

    def take_over(received: Received) -> None:
        if received.number == last:
            world.silence(started.job_id)
            jobs.expire_leases(world.database, 20.0)
            assert jobs.claim(world.database, started.job_id) is not None

    world.model.instead = take_over
    perform(world.place, world.redis, started.job_id)

    found = world.run(started.run_id)
    assert (found.state, found.results[0].outcome) == ("running", None)
    assert world.live(metric) == POLITE


@on_both
def test_what_a_dead_worker_paid_for_is_not_asked_for_again(world: World) -> None:
    metric = labelled(world)
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    die_after(world, started.job_id, 15)
    world.work()

    assert world.run(started.run_id).results[0].outcome is Outcome.APPLIED
    assert world.live(metric) == BETTER
    assert len(world.endpoint.received) <= 22 + world.settings.llm_concurrency


def test_cancelling_a_finished_run_is_refused(world: World) -> None:
    metric = labelled(world)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    world.work()
    before = world.audit()
    with pytest.raises(Refused, match="is finished already"):
        runs.cancel(world.database, world.editor, started.run_id)
    with world.database.write() as session:
        session.execute(update(Run).values(finished_at=None))
    with pytest.raises(Refused, match="is finished already"):
        runs.cancel(world.database, world.editor, started.run_id)
    assert world.audit() == before


def test_a_cancelled_run_that_had_paid_for_answers_says_so(world: World) -> None:
    metric = labelled(world)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    die_after(world, started.job_id, 9)
    runs.cancel(world.database, world.editor, started.run_id)
    result = world.run(started.run_id).results[0]
    assert result.outcome is Outcome.CANCELLED
    assert result.calls == 9
    assert result.tokens == 9 * 110


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER])
def test_starting_and_cancelling_runs_needs_an_editor(world: World, role: Role) -> None:
    metric = labelled(world)
    with pytest.raises(NotAllowed):
        runs.improve(world.database, world.people[role], metric, READ_ONLY)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    with pytest.raises(NotAllowed):
        runs.improve(world.database, world.people[role], metric, READ_ONLY)
    with pytest.raises(NotAllowed):
        runs.cancel(world.database, world.people[role], started.run_id)
    world.work()
    assert world.run(started.run_id).results[0].outcome is Outcome.PROPOSED


def test_a_stranger_sees_no_runs_and_no_error(world: World) -> None:
    started = runs.improve(world.database, world.editor, labelled(world), READ_ONLY)
    stranger = person(world.database, "stranger@elsewhere.test")
    assert runs.list_runs(world.database, stranger) == []
    assert schedules.list_schedules(world.database, stranger) == []
    with pytest.raises(NotAllowed):
        runs.list_runs(world.database, stranger, project="Clinic")
    with pytest.raises(NotAllowed):
        schedules.list_schedules(world.database, stranger, "Clinic")
    with pytest.raises(NotAllowed):
        runs.show_run(world.database, stranger, started.run_id)
    assert len(runs.list_runs(world.database, world.people[Role.VIEWER])) == 1
    assert len(runs.list_runs(world.database, Actor(None, "Plumbline", Origin.SYSTEM, Role.ADMIN))) == 1


def test_a_run_says_how_it_stands(world: World) -> None:
    metric = labelled(world)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    assert world.run(started.run_id).state == "queued"
    states: list[str] = []

    def look(received: Received) -> None:
        states.append(world.run(started.run_id).state)

    world.model.instead = look
    world.work()
    assert set(states) == {"running"}
    found = world.run(started.run_id)
    assert found.state == "finished"
    assert found.started_at is not None
    assert found.finished_at is not None
    assert found.created_at <= found.started_at <= found.finished_at
    job = world.job(started.job_id)
    assert (job.status, job.calls_done) == ("finished", 22)


def test_a_metric_that_is_deleted_while_its_result_waits_is_not_judged(world: World) -> None:
    metric = labelled(world)
    run_id, [job_id] = scheduled_run(world, metric)
    with world.database.write() as session:
        session.execute(update(Metric).values(archived_at=database_now(session)))
    perform(world.place, world.redis, job_id)
    result = world.run(run_id).results[0]
    assert result.outcome is Outcome.CANCELLED
    assert result.reason == "The metric was deleted; nothing was applied."
    assert world.endpoint.received == []
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
