"""Claim, heartbeat, lease: who works on a job, and what happens when they die."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update

from core import jobs, runs
from core.db import Database, database_now
from core.errors import Cancelled, LeaseLost
from core.jobs import Attempts, Claim, Lease
from core.jobs.lease import BEAT_SECONDS
from core.jobs.statements import beat
from core.models import Job, Metric
from core.runs import READ_ONLY
from core.terms import Outcome
from core.work import perform, reconcile
from tests.at_once import at_once
from tests.databases import on_both, unreachable
from tests.servers import wait_until
from tests.world import World

LEASE = 20.0


def queued(database: Database, kind: str = "evaluate", subject_id: int = 1) -> int:
    with database.write() as session:
        job_id = jobs.add(session, kind, subject_id)
    assert job_id is not None
    return job_id


def claimed(database: Database, job_id: int) -> Claim:
    mine = jobs.claim(database, job_id)
    assert mine is not None
    return mine


def fields(database: Database, job_id: int) -> dict[str, object]:
    with database.read() as session:
        return dict(session.execute(select(Job.__table__).where(Job.id == job_id)).mappings().one())


def silence(database: Database, job_id: int) -> None:
    with database.write() as session:
        long_ago = database_now(session) - timedelta(hours=1)
        session.execute(update(Job).where(Job.id == job_id).values(heartbeat_at=long_ago))


def put_off(database: Database, mine: Claim, attempts: Attempts = Attempts.THIS_BACK) -> None:
    with database.write() as session:
        jobs.defer(session, mine, 0, attempts)


@on_both
def test_of_many_workers_that_claim_a_job_at_once_one_gets_it(database: Database) -> None:
    for _ in range(5):
        job_id = queued(database)
        claims = at_once([partial(jobs.claim, database, job_id)] * 6)
        assert [isinstance(claim, Claim) for claim in claims].count(True) == 1
        assert claims.count(None) == 5


@on_both
def test_a_job_is_added_once_for_its_dedupe_key(database: Database) -> None:
    def add() -> int | None:
        with database.write() as session:
            return jobs.add(session, "deliver", 1, dedupe_key="deliver-1")

    assert sorted(at_once([add] * 4), key=lambda made: made is None)[1:] == [None] * 3


@on_both
def test_a_worker_that_was_taken_over_writes_nothing_more(database: Database) -> None:
    job_id = queued(database)
    old = claimed(database, job_id)
    silence(database, job_id)
    jobs.expire_leases(database, LEASE)
    claimed(database, job_id)
    before = fields(database, job_id)

    with pytest.raises(LeaseLost):
        beat(database, old, "Judging", 5, 10)
    with pytest.raises(LeaseLost), database.write() as session:
        jobs.hold(session, old)
    with pytest.raises(LeaseLost), database.write() as session:
        jobs.finish(session, old, "finished")
    with pytest.raises(LeaseLost):
        put_off(database, old)

    assert fields(database, job_id) == before


@on_both
def test_a_silent_job_is_queued_again_and_a_beating_one_is_left_alone(database: Database) -> None:
    silent, beating = queued(database), queued(database)
    claimed(database, silent)
    claimed(database, beating)
    silence(database, silent)

    assert jobs.expire_leases(database, LEASE) == [silent]
    assert jobs.expire_leases(database, LEASE) == []
    assert claimed(database, silent).attempt == 2
    assert jobs.claim(database, beating) is None


@on_both
def test_putting_a_job_off_gives_its_attempt_back_unless_it_is_to_be_spent(database: Database) -> None:
    job_id = queued(database)
    for _ in range(5):
        mine = claimed(database, job_id)
        assert mine.attempt == 1
        put_off(database, mine)
    put_off(database, claimed(database, job_id), Attempts.SPENT)
    assert claimed(database, job_id).attempt == 2


@on_both
def test_a_job_for_later_is_not_claimed_until_it_is_woken(database: Database) -> None:
    with database.write() as session:
        later = database_now(session) + timedelta(hours=1)
        job_id = jobs.add(session, "deliver", 1, not_before=later)
    assert job_id is not None
    assert jobs.claim(database, job_id) is None

    with database.write() as session:
        assert jobs.wake_now(session, Job.kind == "deliver") == [job_id]
        assert jobs.wake_now(session, Job.kind == "deliver") == []

    assert jobs.claim(database, job_id) is not None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_waking_jobs_passes_over_one_that_is_locked(database: Database) -> None:
    with database.write() as session:
        later = database_now(session) + timedelta(hours=1)
        held, free = (jobs.add(session, "deliver", number, not_before=later) for number in (1, 2))
    with database.write() as first, database.write() as second:
        first.execute(select(Job).where(Job.id == held).with_for_update())
        assert jobs.wake_now(second, Job.kind == "deliver") == [free]


@on_both
def test_progress_and_cancelling_travel_with_the_heartbeat(database: Database) -> None:
    job_id = queued(database)
    mine = claimed(database, job_id)
    with Lease(database, mine, LEASE) as lease:
        lease.stage("Judging")
        lease.expect(40)
        lease.done(3)
        wait_until(lambda: jobs.view(database, job_id).calls_done == 3, "a heartbeat")
        view = jobs.view(database, job_id)
        assert (view.stage, view.calls_expected, view.cancel_requested) == ("Judging", 40, False)
        lease.check()

        with database.write() as session:
            assert jobs.request_cancel(session, job_id)
        with pytest.raises(Cancelled):
            wait_until(lambda: lease.check(), "the cancel")


@on_both
def test_cancelling_a_closed_job_comes_too_late(database: Database) -> None:
    job_id = queued(database)
    mine = claimed(database, job_id)
    with database.write() as session:
        jobs.finish(session, mine, "finished")
    with database.write() as session:
        assert not jobs.request_cancel(session, job_id)


def test_a_worker_learns_that_it_was_taken_over(database: Database) -> None:
    job_id = queued(database)
    with pytest.raises(LeaseLost), Lease(database, claimed(database, job_id), LEASE) as lease:
        silence(database, job_id)
        jobs.expire_leases(database, LEASE)
        wait_until(lambda: lease.check(), "the loss")


def test_a_heartbeat_that_does_not_get_through_in_time_ends_the_work(database: Database) -> None:
    mine = claimed(database, queued(database))
    with pytest.raises(LeaseLost), Lease(database, mine, 0.5) as lease, database.engine.connect() as locking:
        locking.execute(text("ROLLBACK"))
        locking.execute(text("BEGIN EXCLUSIVE"))
        wait_until(lambda: lease.check(), "the loss")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_is_away_for_a_moment_costs_no_lease(database: Database, postgres: str) -> None:
    job_id = queued(database)
    with Lease(database, claimed(database, job_id), 600.0) as lease:
        with unreachable(database, postgres):
            time.sleep(2 * BEAT_SECONDS)
            lease.check()
            lease.done(7)
        wait_until(lambda: jobs.view(database, job_id).calls_done == 7, "a heartbeat after the outage")


@on_both
def test_a_job_that_killed_three_workers_is_failed_with_a_sentence(world: World) -> None:
    metric = world.metric()
    world.label(metric)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    for _ in range(jobs.MAX_ATTEMPTS):
        claimed(world.database, started.job_id)
        world.silence(started.job_id)
        reconcile(world.place, world.redis)

    world.work()

    found = world.run(started.run_id)
    assert found.state == "finished"
    assert found.results[0].outcome is Outcome.FAILED
    assert found.results[0].reason == (
        "The worker stopped 3 times in the middle of this metric; its log says why."
    )
    assert world.endpoint.received == []
    assert world.job(started.job_id).status == "failed"


def test_an_error_nobody_expected_is_tried_again_later_each_time_and_then_recorded(world: World) -> None:
    metric = world.metric()
    world.label(metric)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    with world.database.write() as session:
        session.get_one(Metric, metric).live_version_id = 999  # as no use case would leave it

    pauses = []
    for attempt in range(jobs.MAX_ATTEMPTS):
        perform(world.place, world.redis, started.job_id)
        with world.database.read() as session:
            job = session.get_one(Job, started.job_id)
            assert (job.status, job.attempt) == ("queued", attempt + 1)
            assert job.not_before is not None
            pauses.append((job.not_before - database_now(session)).total_seconds())
        assert world.due_jobs() == []
        world.later()
    world.work()

    assert pauses == sorted(pauses)
    assert pauses[0] > 3
    assert world.run(started.run_id).results[0].outcome is Outcome.FAILED


def test_a_job_of_an_unknown_kind_waits_for_a_worker_that_knows_it(world: World) -> None:
    job_id = queued(world.database, "from the future")
    for _ in range(5):
        perform(world.place, world.redis, job_id)
        world.later()
    assert world.job(job_id).status == "queued"
