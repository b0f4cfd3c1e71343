"""A client gone wrong with a token that is good: it is held up, and neither others nor the worker notice."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.terms import Role
from mcp_server.attempts import MOST_IN_ERROR
from tests.mcp_process import Home, call, make_home, post, refusal, running_mcp, said
from tests.mcp_world import over_http, serving, token_of
from tests.servers import wait_until
from tests.worker_processes import processes
from tests.world import World

AT_ONCE = 8


def request(method: str, **parameters: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})


BROKEN = {
    "half a JSON": '{"jsonrpc": "2.0", "id"',
    "a method there is not": request("metrics/guess"),
    "a tool there is not": request("tools/call", name="metrics_guess", arguments={}),
    "arguments no tool takes": request("tools/call", name="metrics_retrieve", arguments={"metric_id": "?"}),
    "what it may not": request(
        "tools/call",
        name="metrics_partial_update",
        arguments={"metric_id": 1, "expected_version": 1, "description": "Was it?"},
    ),
    "too large a body": "x" * 5_000_000,
}


def send(port: int, token: str, body: str) -> http.client.HTTPResponse:
    return post(port, token, body=body.encode(), Accept="application/json, text/event-stream")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def port(home: Home) -> Iterator[int]:
    with running_mcp(home) as port:
        yield port


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.thorough
def test_each_way_of_asking_wrongly_is_held_up_in_the_end(port: int, home: Home, body: str) -> None:
    wrong, right = home.token(), home.token()
    before = [send(port, wrong, body).status for _ in range(MOST_IN_ERROR)]
    held_up = send(port, wrong, body)

    assert 429 not in before
    assert held_up.status == 429 and "were in error" in refusal(held_up)
    assert 0 < int(held_up.getheader("Retry-After") or 0) <= 60
    assert call(port, "metrics_retrieve", {"metric_id": home.metric_id}, token=right).structured_content


def test_many_good_requests_are_not_held_up(port: int, home: Home) -> None:
    token = home.token()
    asked = [send(port, token, request("ping")).status for _ in range(MOST_IN_ERROR + 20)]

    assert set(asked) == {200}
    found = call(port, "metrics_retrieve", {"metric_id": home.metric_id}, token=token)
    assert not found.is_error, said(found)


def test_a_client_that_would_listen_is_told_that_nothing_comes(port: int, home: Home) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    bearer = {"Authorization": f"Bearer {home.token()}", "Accept": "text/event-stream"}
    connection.request("GET", "/mcp", headers=bearer)
    response = connection.getresponse()

    assert (response.status, response.getheader("Allow"), response.read()) == (405, "POST", b"")
    connection.close()


@pytest.mark.slow
def test_a_flood_leaves_the_worker_and_what_it_does_unharmed(world: World, tmp_path: Path) -> None:
    metric = world.labelled()
    flooding = token_of(world, Role.VIEWER)
    with processes(world, tmp_path) as started, serving(world, tmp_path) as port:
        worker = started.worker()
        ask = over_http(port, token_of(world, Role.EDITOR))
        progress = ask("metric_reviews_process_feedbacks", metric_id=metric)["progress_id"]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            bodies = [*BROKEN.values()] * 60
            statuses = Counter(pool.map(lambda body: send(port, flooding, body).status, bodies))
        poll = {"progress_id": progress}
        wait_until(
            lambda: ask("metric_reviews_process_feedbacks_progress", **poll)["status"] == "success",
            "the improvement",
            seconds=60,
        )

        assert MOST_IN_ERROR <= len(bodies) - statuses[429] <= MOST_IN_ERROR + AT_ONCE
        assert worker.poll() is None
        output = ask("metric_reviews_process_feedbacks_progress", **poll)["output"]
        assert output["new_score"]["num_correct"] > output["old_score"]["num_correct"]
