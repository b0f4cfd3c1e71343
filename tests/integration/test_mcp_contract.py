"""The routine against a server and a worker as processes: what is stored is what a schedule's run stores.

The schedule's run starts from a copy of the database, so that even the ids of what they make are the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import metrics, runs, schedules
from core.db import Database
from core.jobs.workplace import Workplace
from core.models import Result, RowResult
from core.terms import Role
from tests.mcp_world import Ask, over_http, over_stdio, serving, token_of
from tests.servers import wait_until
from tests.worker_processes import processes
from tests.world import AUTO_APPLY, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

RIGHT, WRONG = 24, 12
"""Enough labels for held-out rows."""
MOMENTS = {"created_at", "started_at", "finished_at"}
DECIDED = {"outcome", "reason"}
"""What says who applied it: the run by itself, or a person later."""


@pytest.fixture
def metric(world: World) -> int:
    return world.labelled(right=RIGHT, wrong=WRONG)


@pytest.fixture
def twin(world: World, metric: int, tmp_path: Path) -> World:
    """The same world as it was before anything ran in it, with the same model."""
    path = tmp_path / "twin.db"
    with closing(sqlite3.connect(tmp_path / "plumbline.db")) as here, closing(sqlite3.connect(path)) as there:
        here.backup(there)
    return replace(world, place=Workplace(Database(f"sqlite:///{path}"), world.settings))


@pytest.fixture(params=["http", pytest.param("stdio", marks=pytest.mark.thorough)])
def ask(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Ask]:
    """With a worker, in processes of their own."""
    token = token_of(world, Role.EDITOR)
    with processes(world, tmp_path) as started:
        started.worker()
        if request.param == "stdio":
            with over_stdio(world, tmp_path, token) as asking:
                yield asking
            return
        with serving(world, tmp_path) as port:
            yield over_http(port, token)


def by_routine(ask: Ask, metric_id: int) -> dict[str, Any]:
    """Process, poll until it is done; what came of it."""
    started = ask("metric_reviews_process_feedbacks", metric_id=metric_id)
    poll = {"progress_id": started["progress_id"]}

    def done() -> dict[str, Any] | None:
        answer = ask("metric_reviews_process_feedbacks_progress", **poll)
        assert answer["status"] != "error", answer
        return answer if answer["status"] == "success" else None

    wait_until(done, "the improvement", seconds=60)
    found = done()
    assert found is not None
    return found | {"run_id": started["run_id"]}


def by_schedule(twin: World, metric_id: int, options: runs.RunOptions) -> int:
    """The run's id."""
    made = schedules.add(twin.database, twin.admin, twin.project_id, [metric_id], "@yearly", options=options)
    run_id, _ = schedules.run_now(twin.database, twin.admin, made.id)
    twin.work()
    return run_id


def stored(world: World, run_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """All that is stored of the run's result and of its rows, but for moments."""
    with world.database.read() as session:
        result = session.scalars(select(Result).where(Result.run_id == run_id)).one()
        of_result = select(RowResult).where(RowResult.result_id == result.id).order_by(RowResult.id)
        return _columns(result, MOMENTS), [_columns(row, set()) for row in session.scalars(of_result)]


def _columns(row: Result | RowResult, but: set[str]) -> dict[str, Any]:
    return {
        column.name: getattr(row, column.name) for column in row.__table__.columns if column.name not in but
    }


def test_read_only_the_stored_result_is_the_same_to_the_row(
    world: World, metric: int, twin: World, ask: Ask
) -> None:
    answer = by_routine(ask, metric)
    scheduled = by_schedule(twin, metric, runs.READ_ONLY)

    result, rows = stored(world, answer["run_id"])
    assert (result, rows) == stored(twin, scheduled)
    assert len(rows) == RIGHT + WRONG
    assert {row["part"] for row in rows} >= {"learn", "held_out"}
    assert answer["output"]["new_score"]["num_correct"] == result["optimised_correct"] > RIGHT
    assert world.live(metric) == twin.live(metric)


def test_auto_apply_writes_the_same_version(world: World, metric: int, twin: World, ask: Ask) -> None:
    answer = by_routine(ask, metric)
    found = answer["output"]
    assert found["new_score"]["num_correct"] >= found["old_score"]["num_correct"]
    applied = ask("apply_optimisation_proposal", proposal_id=found["proposal_id"])
    scheduled = by_schedule(twin, metric, AUTO_APPLY)

    (mine, rows), (theirs, their_rows) = stored(world, answer["run_id"]), stored(twin, scheduled)
    assert theirs["outcome"] == "applied"
    assert {name for name in mine if mine[name] != theirs[name]} <= DECIDED
    assert rows == their_rows
    one, other = (metrics.retrieve(each.database, each.admin, metric) for each in (world, twin))
    assert (one.version, one.definition) == (other.version, other.definition)
    assert applied["version"] == one.version == 2

    rescored = ask("metrics_run_reviews_create", metric_id=metric)
    poll = {"progress_id": rescored["progress_id"]}
    wait_until(lambda: ask("metrics_run_reviews_progress", **poll)["status"] == "success", "the new score")
    again = ask("metrics_run_reviews_progress", **poll)["output"]["new_score"]
    assert again["num_correct"] == mine["optimised_correct"]
