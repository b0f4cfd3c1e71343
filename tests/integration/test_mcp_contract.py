"""The routine against a server and a worker as processes: what is stored is what a schedule's run stores.

The schedule's run starts from a copy of the database, so that even the ids of what they make are the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Set
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import runs
from core.db import Base, Database, UTCDateTime
from core.jobs.workplace import Workplace
from core.models import (
    Metric,
    MetricReview,
    MetricVersion,
    Proposal,
    Result,
    RowResult,
    Run,
    StoredAnswer,
    StoredVerdict,
)
from tests.mcp_world import Ask, client_of
from tests.schedule_clock import due_for, fire, scheduled
from tests.scripted_model import POLITE
from tests.servers import wait_until
from tests.worker_processes import processes
from tests.world import AUTO_APPLY, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

RIGHT, WRONG = 24, 12
"""Enough labels for held-out rows."""
MADE: tuple[type[Base], ...] = (
    *(Run, Result, RowResult, Proposal, Metric, MetricVersion, MetricReview),
    *(StoredVerdict, StoredAnswer),
)
ORIGIN = {"run.trigger", "run.schedule_id", "run.starter_id"}
APPLIED_BY = {
    *("run.auto_apply", "result.outcome", "result.reason"),
    *("metric_version.origin", "metric_version.author_id"),
}
"""What says who applied it: the run by itself, or the routine afterwards."""


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
    with processes(world, tmp_path) as started:
        started.worker()
        with client_of(request.param, world, tmp_path) as asking:
            yield asking


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


def by_schedule(twin: World, metric_id: int, options: runs.RunOptions) -> None:
    """A fire of a schedule that is due, and all that it leads to."""
    schedule_id = scheduled(twin, metric=metric_id, options=options)
    due_for(twin, schedule_id, timedelta(minutes=1))
    assert len(fire(twin, schedule_id).job_ids) == 1
    twin.work()


Rows = list[dict[str, Any]]


def stored(world: World) -> dict[str, Rows]:
    """All rows of what a run makes or changes, without moments."""
    with world.database.read() as session:
        return {
            table.__tablename__: [
                _columns(row) for row in session.scalars(select(table).order_by(*table.__table__.primary_key))
            ]
            for table in MADE
        }


def _columns(row: Base) -> dict[str, Any]:
    return {
        column.name: getattr(row, column.name)
        for column in row.__table__.columns
        if not isinstance(column.type, UTCDateTime)
    }


def differing(mine: dict[str, Rows], theirs: dict[str, Rows], but: Set[str] = frozenset()) -> set[str]:
    """The fields that are not the same in both, as `table.column`, of tables with as many rows."""
    found: set[str] = set()
    for table in mine.keys() - but:
        assert len(mine[table]) == len(theirs[table]), table
        for one, other in zip(mine[table], theirs[table], strict=True):
            found |= {f"{table}.{name}" for name in one if one[name] != other[name]}
    return found


def test_read_only_the_stored_result_is_the_same_to_the_row(
    world: World, metric: int, twin: World, ask: Ask
) -> None:
    answer = by_routine(ask, metric)
    by_schedule(twin, metric, runs.READ_ONLY)

    mine, theirs = stored(world), stored(twin)
    assert differing(mine, theirs) == ORIGIN
    [result], [proposal] = mine["result"], mine["proposal"]
    assert (result["run_id"], proposal["state"]) == (answer["run_id"], "waiting")
    assert answer["output"]["proposal_id"] == proposal["id"]
    assert len(mine["row_result"]) == RIGHT + WRONG
    assert {row["part"] for row in mine["row_result"]} >= {"learn", "held_out"}
    assert answer["output"]["new_score"]["num_correct"] == result["optimised_correct"] > RIGHT
    assert mine["verdict"]
    assert world.live(metric) == twin.live(metric)


@pytest.mark.thorough
def test_auto_apply_writes_the_same_version(world: World, metric: int, twin: World, ask: Ask) -> None:
    answer = by_routine(ask, metric)
    found = answer["output"]
    assert found["new_score"]["num_correct"] >= found["old_score"]["num_correct"]
    applied = ask("apply_optimisation_proposal", proposal_id=found["proposal_id"])
    by_schedule(twin, metric, AUTO_APPLY)

    mine, theirs = stored(world), stored(twin)
    assert theirs["result"][0]["outcome"] == "applied"
    assert differing(mine, theirs, but={"proposal"}) == ORIGIN | APPLIED_BY
    [proposal] = mine["proposal"]
    assert (proposal["state"], theirs["proposal"]) == ("applied", [])
    assert [version["number"] for version in mine["metric_version"]] == [1, applied["version"]]
    assert world.live(metric) == twin.live(metric) == found["improved_metric_description"]

    rescored = ask("metrics_run_reviews_create", metric_id=metric)
    poll = {"progress_id": rescored["progress_id"]}
    wait_until(lambda: ask("metrics_run_reviews_progress", **poll)["status"] == "success", "the new score")
    again = ask("metrics_run_reviews_progress", **poll)["output"]["new_score"]
    assert again["num_correct"] == mine["result"][0]["optimised_correct"]

    back = ask("metrics_restore", metric_id=metric, version=1, reason="the fresh score fell")
    assert (back["version"], world.live(metric)) == (3, POLITE)
