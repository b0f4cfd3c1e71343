"""Every tool over HTTP with tokens that may not use it, and a flood of bad requests while a worker judges."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core import accounts, jobs, runs
from core.terms import Outcome, Role
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


def test_no_tool_lets_a_viewer_change_or_a_stranger_see_anything(
    world: World, tools: Tools, tmp_path: Path
) -> None:
    asked = asked_of(world, tools)
    listed = {tool.name: tool for tool in tools.listed()}
    assert set(asked) == set(listed), "each has a call here"
    other = accounts.add_project(world.database, world.admin, "Other").id
    stranger = make_token(world.database, world.admin, other, "elsewhere", Role.ADMIN)[1]
    viewer = token_of(world, Role.VIEWER)
    before = world.audit()
    with serving(world, tmp_path) as port:
        for name, given in asked.items():
            mine = call(port, name, given, token=viewer)
            theirs = call(port, name, given, token=stranger)
            if listed[name].annotations.read_only_hint:
                assert not mine.is_error, (name, said(mine))
            else:
                assert mine.is_error and "may not" in said(mine), (name, said(mine))
            assert theirs.is_error or name in OF_NO_ID, (name, said(theirs))
            assert "Polite" not in said(theirs) and SECRET not in said(theirs), (name, said(theirs))
    assert world.audit() == before


@contextmanager
def flooding(port: int) -> Iterator[list[int]]:
    """Bad tokens, broken JSON and large bodies, as fast as they are answered; the statuses so far."""
    statuses: list[int] = []
    stopped = threading.Event()

    def flood() -> None:
        number = 0
        while not stopped.is_set():
            body = (b"{", b"[]" * 500_000, json.dumps({"method": "tools/call"}).encode())[number % 3]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                token = {"Authorization": f"Bearer plb_{number:043d}"} if number % 2 else {}
                connection.request("POST", "/mcp", body, {"Content-Type": "application/json"} | token)
                statuses.append(connection.getresponse().status)
            except ConnectionError:  # refused before the whole body was sent
                statuses.append(0)
            finally:
                connection.close()
            number += 1

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def test_a_flood_of_bad_requests_leaves_the_worker_and_good_clients_alone(
    world: World, tmp_path: Path
) -> None:
    metric = world.labelled(right=16, wrong=8)
    world.model.delay = 0.05
    token = token_of(world, Role.EDITOR)
    with processes(world, tmp_path) as started, serving(world, tmp_path) as port:
        started.worker()
        assert not call(port, "metrics_list", {}, token=token).is_error, "seen before, so let in beside it"
        with flooding(port) as statuses:
            wait_until(lambda: len(statuses) > MOST_REFUSED, "the flood")
            made = runs.improve(world.database, world.editor, metric, runs.READ_ONLY)
            assert jobs.push_now(world.database, world.redis, [made.job_id])
            polls = 0
            while world.run(made.run_id).finished_at is None:
                poll = {"progress_id": made.job_id}
                answer = call(port, "metric_reviews_process_feedbacks_progress", poll, token=token)
                assert not answer.is_error, said(answer)
                polls += 1
    [result] = world.run(made.run_id).results
    assert result.outcome is Outcome.PROPOSED
    assert (str(result.optimised), result.warning) == ("24 of 24", "")
    assert polls > 0
    assert set(statuses) <= {0, 401, 429}
    assert statuses.count(429) > statuses.count(401)
