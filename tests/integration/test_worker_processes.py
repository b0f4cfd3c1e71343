"""Real workers and schedulers that are killed, stopped, or left without Redis in the middle of a run."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from core import jobs, runs
from core.health import check
from core.models import Call, StoredVerdict
from core.runs import READ_ONLY, RunView
from core.terms import Outcome
from tests.databases import unreachable
from tests.schedule_clock import due_for, kinds, runs_of, scheduled
from tests.servers import RedisServer, wait_until
from tests.worker_processes import Processes, horses, kill, processes
from tests.world import World
from worker.scheduler import LOCK_SECONDS, DatabaseScheduler

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(240)]

RIGHT, WRONG = 16, 8
TAKEN_OVER_IN = 15.0
"""Seconds after which another scheduler has taken over from one that was killed."""
CALLS = (RIGHT + WRONG) + 1 + 3 + 1 + (RIGHT + WRONG)
"""What an undisturbed run asks: each row, for rules, three proposals and a script, and each row again."""


@pytest.fixture
def redis_url(own_redis: RedisServer) -> str:
    """A Redis for each test, since some of them kill it."""
    return own_redis.url


@pytest.fixture
def started(world: World, tmp_path: Path) -> Iterator[Processes]:
    world.model.delay = 0.2
    with processes(world, tmp_path) as found:
        yield found


@pytest.fixture
def metric(world: World) -> int:
    made = world.metric()
    world.label(made, right=RIGHT, wrong=WRONG)
    return made


def press(world: World, metric: int) -> int:
    """Auto Improve; the run's id."""
    made = runs.improve(world.database, world.editor, metric, READ_ONLY)
    assert jobs.push_now(world.database, world.redis, [made.job_id])
    return made.run_id


def asked(world: World, calls: int) -> None:
    wait_until(lambda: len(world.endpoint.received) >= calls, f"{calls} model calls")


def ended(world: World, run_id: int, found: Processes) -> RunView:
    try:
        wait_until(lambda: world.run(run_id).finished_at, "the end of the run", seconds=120)
        wait_until(lambda: world.mail.envelopes, "the mail")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{found.log()}") from None
    return world.run(run_id)


def paid_for(world: World) -> set[str]:
    """The calls whose answers, to the live prompt, are in the database."""
    with world.database.read() as session:
        query = select(Call.transcript).join(StoredVerdict, StoredVerdict.call_id == Call.id)
        return {transcript[0]["content"] for (transcript,) in session.execute(query)}


def asked_twice(world: World) -> list[str]:
    questions = Counter("\n".join(each.texts) for each in world.endpoint.received)
    return [question for question, times in questions.items() if times > 1]


def assert_proposed(run: RunView) -> None:
    assert run.results[0].outcome is Outcome.PROPOSED
    assert str(run.results[0].optimised) == f"{RIGHT + WRONG} of {RIGHT + WRONG}"


def assert_not_paid_twice(world: World, paid: set[str]) -> None:
    """Only what was open when the worker died, or had come and was not yet committed, is asked again."""
    assert len(paid) >= 4
    assert not [call for call in paid for question in asked_twice(world) if f": {call}\n" in question]
    assert CALLS <= len(world.endpoint.received) <= CALLS + 2 * world.settings.llm_concurrency


def test_a_schedule_fires_and_its_run_survives_a_killed_work_horse(
    world: World, metric: int, started: Processes
) -> None:
    worker = started.worker()
    started.scheduler()
    schedule = scheduled(world, metric=metric)
    due_for(world, schedule, timedelta(minutes=5))
    asked(world, 10)
    [horse] = horses(worker)
    kill(horse.pid)
    paid = paid_for(world)

    [run_id] = runs_of(world, schedule)
    assert_proposed(ended(world, run_id, started))
    assert_not_paid_twice(world, paid)
    assert kinds(world, schedule) == ["run"]
    assert worker.poll() is None
    wait_until(lambda: len(world.mail.envelopes) == 4, "four mails")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_run_survives_a_killed_worker_and_an_emptied_redis(
    world: World, metric: int, started: Processes, own_redis: RedisServer
) -> None:
    worker = started.worker()
    started.scheduler()
    run_id = press(world, metric)
    asked(world, 10)
    for pid in [worker.pid, *(horse.pid for horse in horses(worker))]:
        kill(pid)
    paid = paid_for(world)
    own_redis.flush()
    started.worker()

    assert_proposed(ended(world, run_id, started))
    assert_not_paid_twice(world, paid)


def test_a_work_horse_that_lost_its_worker_ends_its_job_alone(
    world: World, metric: int, started: Processes
) -> None:
    worker = started.worker()
    started.scheduler()
    run_id = press(world, metric)
    asked(world, 10)
    orphans = horses(worker)
    kill(worker.pid)
    started.worker()

    assert_proposed(ended(world, run_id, started))
    assert len(world.endpoint.received) == CALLS
    wait_until(lambda: not any(orphan.is_running() for orphan in orphans), "the end of the orphan")


def noticed(started: Processes, kind: str) -> bool:
    return "waiting for Redis" in started.log(kind)


def test_redis_may_be_emptied_and_restarted_in_the_middle_of_a_run(
    world: World, metric: int, started: Processes, own_redis: RedisServer
) -> None:
    worker, scheduler = started.worker(), started.scheduler()
    run_id = press(world, metric)
    asked(world, 10)
    own_redis.flush()
    asked(world, 20)
    own_redis.kill()
    for kind in ("worker", "scheduler"):
        wait_until(partial(noticed, started, kind), f"the {kind} to notice")
    own_redis.start()

    assert_proposed(ended(world, run_id, started))
    assert len(world.endpoint.received) == CALLS
    assert (worker.poll(), scheduler.poll()) == (None, None)
    world.row(metric, "one more angry call", expected="false")
    again = press(world, metric)
    assert ended(world, again, started).results[0].outcome is Outcome.PROPOSED


def test_a_worker_that_is_told_to_stop_ends_its_job_first(
    world: World, metric: int, started: Processes
) -> None:
    worker = started.worker()
    run_id = press(world, metric)
    asked(world, 10)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert world.run(run_id).results[0].outcome is Outcome.PROPOSED
    assert len(world.endpoint.received) == CALLS


def test_another_scheduler_takes_over_from_one_that_was_killed_in_the_middle_of_a_tick(
    world: World, metric: int, started: Processes
) -> None:
    killed = started.scheduler()
    started.scheduler()
    kill(killed.pid)
    world.redis.set(DatabaseScheduler.scheduler_lock_key, f"scheduler-{killed.pid}", ex=LOCK_SECONDS)
    schedule = scheduled(world, metric=metric)
    due_for(world, schedule, timedelta(minutes=5))

    wait_until(
        lambda: kinds(world, schedule) == ["run"], "the other scheduler to fire", seconds=TAKEN_OVER_IN
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_scheduler_and_worker_wait_for_a_database_that_is_away_and_go_on(
    world: World, metric: int, started: Processes, postgres: str
) -> None:
    found = [started.worker(), started.scheduler()]
    schedule = scheduled(world, metric=metric)
    with unreachable(world.database, postgres):
        wait_until(partial(noticed, started, "scheduler"), "the scheduler to notice")
    due_for(world, schedule, timedelta(minutes=5))

    wait_until(lambda: kinds(world, schedule) == ["run"], "the fire")
    [run_id] = runs_of(world, schedule)
    assert ended(world, run_id, started).finished_at is not None
    assert [process.poll() for process in found] == [None, None], "no process needed a hand"


def test_workers_and_schedulers_stop_when_told_to_even_without_redis(
    world: World, started: Processes, own_redis: RedisServer
) -> None:
    found = [started.worker(), started.scheduler()]
    own_redis.kill()
    wait_until(partial(noticed, started, "scheduler"), "the scheduler to notice")
    for process in found:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=60) for process in found] == [0, 0]
    health = check(world.settings, world.database)
    assert (health.worker.ok, health.scheduler.ok) == (False, False), "they said goodbye"
