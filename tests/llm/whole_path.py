"""From labels to the mail through a worker's process and a real language model, which may be a poor one:
whatever it answers, everything is counted, nothing worse is applied, and the outcome says so in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core import evaluations, jobs, runs
from core.models import MetricReview
from core.terms import Outcome
from tests.llm.conftest import RealModel
from tests.servers import wait_until
from tests.worker_processes import Processes, processes
from tests.world import AUTO_APPLY, World

pytestmark = pytest.mark.timeout(1800)

PROMPT = "Did the agent book an appointment for the caller?"
BOOKED = "agent: You are booked for Tuesday at {hour}.\ncaller: Thank you, bye."
PUT_OFF = "agent: Please call again tomorrow after {hour}.\ncaller: You have said so all week."
PATIENCE = 1500.0


@pytest.fixture
def worker(world: World, real_model: RealModel, tmp_path: Path) -> Iterator[Processes]:
    named = {"LLM_BASE_URL": real_model.url, "LLM_MODEL": real_model.name, "LLM_CONCURRENCY": "2"}
    named |= {"LLM_API_KEY": real_model.key} if real_model.key else {}
    patient = {"LLM_TIMEOUT_SECONDS": "300", "LLM_MAX_OUTPUT_TOKENS": "400"}
    with processes(world, tmp_path, **named, **patient) as found:
        found.worker()
        yield found


@pytest.fixture
def metric(world: World) -> int:
    made = world.metric("Booked", PROMPT)
    for hour in range(4):
        world.row(made, BOOKED.format(hour=8 + hour), expected="true")
        world.row(made, PUT_OFF.format(hour=8 + hour), expected="false", feedback="Nothing was booked.")
    return made


def test_a_run_that_may_apply_ends_in_an_outcome_that_adds_up(
    world: World, worker: Processes, metric: int
) -> None:
    started = runs.improve(world.database, world.editor, metric, AUTO_APPLY)
    jobs.push_now(world.database, world.redis, [started.job_id])
    wait_until(lambda: world.run(started.run_id).finished_at, f"the run\n{worker.log()}", PATIENCE)
    wait_until(lambda: world.mail.envelopes, "the mail")

    [result] = world.run(started.run_id).results
    assert result.outcome not in (None, Outcome.FAILED, Outcome.CANCELLED), result.reason
    assert result.reason
    assert result.calls >= 8
    assert result.tokens > 0
    assert result.baseline is not None and result.baseline.total == 8
    assert (world.live(metric) != PROMPT) == result.applied
    if result.applied:
        assert result.optimised is not None and result.optimised.correct >= result.baseline.correct


def test_calls_that_nobody_labelled_get_a_verdict_or_a_reason_each(
    world: World, worker: Processes, metric: int
) -> None:
    job_id = evaluations.start(world.database, world.editor, metric)
    jobs.push_now(world.database, world.redis, [job_id])
    wait_until(lambda: world.job(job_id).status == "finished", f"the judge\n{worker.log()}", PATIENCE)

    with world.database.read() as session:
        rows = session.scalars(select(MetricReview)).all()
    assert len(rows) == 8
    for row in rows:
        if row.judged == "answered":
            assert row.actual_value in ("true", "false")
        else:
            assert row.judged == "unreadable" and row.actual_value is None
        assert row.explanation
