"""Every tool over HTTP with tokens that may not use it, and a flood of bad requests while a worker judges."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Select, Table, select

from core import accounts, jobs, metrics, runs
from core.db import Base
from core.terms import Definition, EvalSettings, Outcome, Role
from core.tokens import make_token
from mcp_server.attempts import MOST_REFUSED
from tests.integration.test_mcp_tools import arguments
from tests.mcp_process import call, said
from tests.mcp_world import Tools, serving, token_of, tools
from tests.servers import wait_until
from tests.worker_processes import processes
from tests.world import World

__all__ = ["tools"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SECRET = "the caller was furious about the invoice"
OF_NO_ID = {"metrics_list", "runs_list", "metric_optimiser_cron_jobs_list"}
"""Tools that list what a token may see, and ask for nothing of a certain project."""
NOBODYS = 4711
"""An id that nothing has."""
BAD_BODIES = (b"{", b"[]" * 2_200_000, b'{"method": "tools/call"}', b"[" * 100_000, b"\xff\x00")
Asked = tuple[str, Callable[[int], dict[str, Any]], int]
"""A tool, its arguments for an id, and the id of something that is there."""


def asked_of(world: World, tools: Tools) -> dict[str, dict[str, Any]]:
    """A call of every tool on what is there: a metric, a row, a result, a trial, a schedule."""
    metric = world.labelled()
    row = world.row(metric, SECRET, expected="true", feedback=SECRET)
    started = tools("metric_reviews_process_feedbacks", metric_id=metric)
    world.work()
    tried = tools("metrics_run_reviews_create", metric_id=metric)
    run_id, _ = world.scheduled_run(metric)
    world.work()
    reading: dict[str, dict[str, Any]] = {
        "metrics_list": {},
        "metrics_retrieve": {"metric_id": metric},
        "metrics_history": {"metric_id": metric},
        "metrics_live": {"metric_id": metric},
        "metric_reviews_list": {"metric_id": metric},
        "metric_reviews_retrieve": {"review_id": row},
        "metric_reviews_process_feedbacks_progress": {"progress_id": started["progress_id"]},
        "metrics_run_reviews_progress": {"progress_id": tried["progress_id"]},
        "metric_optimiser_cron_jobs_list": {},
        "runs_list": {},
        "runs_retrieve": {"run_id": run_id},
    }
    return reading | arguments(metric, row)


def contents(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """All that is in the database, but when a token was used and which processes live."""
    with world.database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(_all_of(table))]
            for table in Base.metadata.sorted_tables
            if table.name != "process_beat"
        }


def _all_of(table: Table) -> Select[Any]:
    kept = [column for column in table.columns if column.name != "used_at"]
    return select(*kept).order_by(*table.primary_key)


def test_no_tool_lets_a_viewer_change_anything(world: World, tools: Tools, tmp_path: Path) -> None:
    asked = asked_of(world, tools)
    reads = {tool.name: tool.annotations.read_only_hint for tool in tools.listed()}
    assert set(asked) == set(reads), "each has a call here"
    viewer = token_of(world, Role.VIEWER)
    before = contents(world)
    with serving(world, tmp_path) as port:
        for name, given in asked.items():
            answer = call(port, name, given, token=viewer)
            assert answer.is_error is not reads[name], (name, said(answer))
            assert reads[name] or "may not" in said(answer), (name, said(answer))
            assert contents(world) == before, name


@dataclass(frozen=True)
class Stranger:
    """A token of another project, with every right there, and a metric of that project."""

    token: str
    project_id: int
    metric_id: int


def stranger_to(world: World) -> Stranger:
    other = accounts.add_project(world.database, world.admin, "Other").id
    metric = metrics.add(world.database, world.admin, other, "Theirs", Definition("?"), EvalSettings()).id
    return Stranger(make_token(world.database, world.admin, other, "x", Role.ADMIN)[1], other, metric)


def numbered(asked: dict[str, dict[str, Any]], theirs: Stranger, project_id: int) -> Iterator[Asked]:
    """Each call of a tool on an id of the other project, as a function of that id, with the id."""
    for name, given in asked.items():
        for key, number in given.items():
            if key.endswith("_id"):
                yield name, partial(_with, given, key), number
    metric, row = asked["metrics_retrieve"]["metric_id"], asked["mark_metric_vote"]["review_id"]
    for name in ("metric_reviews_process_feedbacks", "metrics_run_reviews_create"):
        yield name, lambda one: {"metric_id": theirs.metric_id, "test_set_ids": [one]}, row
    yield "metric_optimiser_cron_jobs_create", lambda one: {"metric_ids": [one], "cron": "@weekly"}, metric
    yield "runs_list", lambda one: {"metric_id": one}, metric
    for name in OF_NO_ID:
        yield name, lambda one: {"project_id": one}, project_id


def _with(given: dict[str, Any], key: str, number: int) -> dict[str, Any]:
    return given | {key: number}


def test_what_is_another_projects_answers_as_what_is_nobodys(
    world: World, tools: Tools, tmp_path: Path
) -> None:
    asked = asked_of(world, tools)
    stranger = stranger_to(world)
    calls = list(numbered(asked, stranger, world.project_id))
    assert {name for name, *_ in calls} | OF_NO_ID == {tool.name for tool in tools.listed()}
    before = contents(world)
    with serving(world, tmp_path) as port:
        for name, given, number in calls:
            here, nowhere = (call(port, name, given(one), token=stranger.token) for one in (number, NOBODYS))
            assert said(here).replace(str(number), "#") == said(nowhere).replace(str(NOBODYS), "#"), name
            assert here.is_error or name == "runs_list", (name, said(here))
        at, headers = f"http://127.0.0.1:{port}/api/metrics/", {"Authorization": f"Bearer {stranger.token}"}
        real = asked["metrics_live"]["metric_id"]
        one, other = (httpx2.get(f"{at}{number}/live", headers=headers) for number in (real, NOBODYS))
        assert one.status_code == other.status_code == 404
        assert one.text.replace(str(real), "#") == other.text.replace(str(NOBODYS), "#")
        for name in OF_NO_ID:
            told = said(call(port, name, {}, token=stranger.token))
            assert "Polite" not in told and SECRET not in told, name
    assert contents(world) == before


def sent(port: int, body: bytes, token: str) -> int:
    """The status of the answer; 0 where it was refused before the whole body was sent."""
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("POST", "/mcp", body, headers | bearer)
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()


@contextmanager
def flooding(port: int, good: str) -> Iterator[tuple[list[int], list[int]]]:
    """Broken JSON and large bodies as fast as they are answered, without a token or with bad ones, and with
    a good one; the statuses of both so far."""
    of_bad: list[int] = []
    of_good: list[int] = []
    stopped = threading.Event()

    def flood(statuses: list[int], token: Callable[[int], str]) -> None:
        for number in count():
            if stopped.is_set():
                return
            statuses.append(sent(port, BAD_BODIES[number % len(BAD_BODIES)], token(number)))
            stopped.wait(0.01)  # or this process has no time left for the client that is good

    strangers = [(of_bad, lambda number: f"plb_{number:043d}" if number % 2 else "")] * 4
    clumsy = [(of_good, lambda _: good)]
    threads = [threading.Thread(target=flood, args=one) for one in strangers + clumsy]
    for thread in threads:
        thread.start()
    try:
        yield of_bad, of_good
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@pytest.mark.thorough
def test_a_flood_of_bad_requests_leaves_the_worker_and_good_clients_alone(
    world: World, tmp_path: Path
) -> None:
    metric = world.labelled(right=16, wrong=8)
    world.model.delay = 0.05
    token, clumsy = token_of(world, Role.EDITOR), token_of(world, Role.VIEWER)
    with processes(world, tmp_path) as started, serving(world, tmp_path) as port:
        started.worker()
        assert not call(port, "metrics_list", {}, token=token).is_error, "seen before, so let in beside it"
        assert sent(port, b"{", clumsy) == 400
        with flooding(port, clumsy) as (of_bad, of_good):
            wait_until(lambda: len(of_bad) > MOST_REFUSED and set(of_good) > {413}, "the flood")
            made = runs.improve(world.database, world.editor, metric, runs.READ_ONLY)
            assert jobs.push_now(world.database, world.redis, [made.job_id])
            polls = 0
            while world.run(made.run_id).finished_at is None:
                poll = {"progress_id": made.job_id}
                answer = call(port, "metric_reviews_process_feedbacks_progress", poll, token=token)
                assert not answer.is_error, said(answer)
                polls += 1
        after = call(port, "metrics_list", {}, token=clumsy)
        assert not after.is_error, "who sent what is broken is not shut out"
    [result] = world.run(made.run_id).results
    assert result.outcome is Outcome.PROPOSED
    assert (str(result.optimised), result.warning) == ("24 of 24", "")
    assert polls > 0
    assert result.calls == len(world.endpoint.received)
    assert set(of_bad) <= {0, 401, 429}
    assert of_bad.count(429) > of_bad.count(401)
    assert {400, 413} <= set(of_good) <= {0, 400, 413}
