"""Runs whose workers die or lose their job, and what is cancelled or deleted under them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from core import jobs, runs
from core.db import database_now
from core.errors import Refused
from core.jobs.lease import BEAT_SECONDS
from core.models import Job, Metric, Run
from core.runs import READ_ONLY
from core.terms import Outcome
from core.work import perform, reconcile
from tests.databases import on_both
from tests.model_endpoint import Received
from tests.scripted_model import BETTER, POLITE
from tests.world import AUTO_APPLY, World


def test_cancelling_reaches_a_result_that_waits_behind_another_run(world: World) -> None:
    metric = world.labelled()
    runs.improve(world.database, world.editor, metric, READ_ONLY)
    run_id, [waiting] = world.scheduled_run(metric)
    claimed = jobs.claim(world.database, waiting)
    assert claimed is not None
    runs.cancel(world.database, world.editor, run_id)
    with world.database.write() as session:
        jobs.defer(session, claimed, 0)

    perform(world.place, world.redis, waiting)

    assert world.run(run_id).state == "cancelled"


def test_a_failing_metric_does_not_stop_the_others_of_its_run(world: World) -> None:
    first, broken, last = (world.labelled(name) for name in ("First", "Broken", "Last"))
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
def test_a_worker_that_died_before_it_closed_the_run_is_made_up_for(world: World) -> None:
    run_id, _ = world.scheduled_run(world.metric())
    world.work()
    with world.database.write() as session:
        session.execute(update(Run).values(finished_at=None))
    reconcile(world.place, world.redis)
    assert world.run(run_id).state == "finished"


def test_a_budget_holds_over_several_attempts(world: World) -> None:
    """The first worker dies once half of the budget is spent; its answers are there, and count."""
    metric = world.labelled()
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
    metric = world.labelled()
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
    metric = world.labelled()
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    die_after(world, started.job_id, 15)
    world.work()

    assert world.run(started.run_id).results[0].outcome is Outcome.APPLIED
    assert world.live(metric) == BETTER
    assert len(world.endpoint.received) <= 22 + world.settings.llm_concurrency


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_cancelling_needs_no_lock_on_the_metric(world: World) -> None:
    """Who deletes the metric holds one, and waits for the very job that is being cancelled."""
    started = runs.improve(world.database, world.editor, world.labelled(), READ_ONLY)
    with world.database.write() as session, ThreadPoolExecutor(1) as other:
        session.execute(select(Metric).with_for_update())
        other.submit(runs.cancel, world.database, world.editor, started.run_id).result(timeout=30)
    assert world.run(started.run_id).state == "cancelled"


def test_cancelling_a_finished_run_is_refused(world: World) -> None:
    metric = world.labelled()
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
    metric = world.labelled()
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    die_after(world, started.job_id, 9)
    runs.cancel(world.database, world.editor, started.run_id)
    result = world.run(started.run_id).results[0]
    assert result.outcome is Outcome.CANCELLED
    assert result.calls == 9
    assert result.tokens == 9 * 110


def test_a_metric_that_is_deleted_while_its_result_waits_is_not_judged(world: World) -> None:
    metric = world.labelled()
    run_id, [job_id] = world.scheduled_run(metric)
    with world.database.write() as session:
        session.execute(update(Metric).values(archived_at=database_now(session)))
    perform(world.place, world.redis, job_id)
    result = world.run(run_id).results[0]
    assert result.outcome is Outcome.CANCELLED
    assert result.reason == "The metric was deleted; nothing was applied."
    assert world.endpoint.received == []
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
