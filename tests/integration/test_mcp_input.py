"""Numbers no column holds and signs no database takes: refused in a sentence or made storable, on both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from core import lab, metrics, runs, schedules
from core.errors import NotFound, Refused
from core.lab import RowsAsked
from core.runs import DefinitionChange, RunOptions
from core.terms import Definition, EvalSettings, Role, Trigger, TriggerKind
from mcp_server.__main__ import ANY_NAME, http_app
from tests.databases import always_on_both
from tests.mcp_world import Tools, token_of, tools
from tests.world import World

__all__ = ["tools"]

BEYOND = (2**31, 2**63, 10**30)
NUL, HALF = "\x00", "\ud800"
REPLACED = "\ufffd"


@pytest.fixture
def site(world: World) -> Iterator[TestClient]:
    headers = {"Authorization": f"Bearer {token_of(world, Role.ADMIN)}"}
    app = http_app(world.settings, world.database, ANY_NAME)
    with TestClient(app, headers=headers, raise_server_exceptions=False) as client:
        yield client


def numbered(metric: int, row: int, number: int) -> list[tuple[str, dict[str, Any]]]:
    """Calls of tools in each of whose numbers, one after the other, stands one that is too large."""
    return [
        ("metrics_retrieve", {"metric_id": number}),
        ("metrics_history", {"metric_id": metric, "version": number}),
        ("metrics_restore", {"metric_id": metric, "version": number}),
        ("metrics_partial_update", {"metric_id": metric, "description": "?", "expected_version": number}),
        ("metrics_list", {"project_id": number}),
        ("metric_reviews_list", {"metric_id": number}),
        ("metric_reviews_retrieve", {"review_id": number}),
        ("metric_reviews_partial_update", {"review_id": number, "expected_value": True}),
        (
            "metric_reviews_partial_update",
            {"review_id": row, "expected_value": True, "expected_revision": number},
        ),
        ("mark_metric_vote", {"review_id": number, "vote": "agree"}),
        ("metric_reviews_process_feedbacks", {"metric_id": number}),
        ("metric_reviews_process_feedbacks", {"metric_id": metric, "test_set_ids": [number]}),
        ("metric_reviews_process_feedbacks_progress", {"progress_id": number}),
        ("metric_reviews_process_feedbacks_cancel", {"progress_id": number}),
        ("metrics_run_reviews_create", {"metric_id": metric, "test_set_ids": [number]}),
        ("metrics_run_reviews_progress", {"progress_id": number}),
        ("apply_optimisation_proposal", {"proposal_id": number}),
        ("dismiss_optimisation_proposal", {"proposal_id": number}),
        ("metric_optimiser_cron_jobs_list", {"schedule_id": number}),
        ("metric_optimiser_cron_jobs_create", {"metric_ids": [number], "cron": "@weekly"}),
        (
            "metric_optimiser_cron_jobs_create",
            {"metric_ids": [metric], "cron": "@weekly", "max_calls": number},
        ),
        ("metric_optimiser_cron_jobs_update", {"schedule_id": number, "cron": "@weekly"}),
        ("metric_optimiser_cron_jobs_delete", {"schedule_id": number}),
        ("runs_retrieve", {"run_id": number}),
    ]


@always_on_both
@pytest.mark.parametrize("number", BEYOND)
def test_a_number_that_no_column_holds_is_refused_in_a_sentence(
    world: World, tools: Tools, number: int
) -> None:
    metric = world.labelled()
    row = world.row(metric, "one")
    before = world.audit()
    for name, given in numbered(metric, row, number):
        said = tools.refusal(name, **given)
        assert ":" in said and "OverflowError" not in said, (name, said)
    assert world.audit() == before


@always_on_both
@pytest.mark.parametrize("number", BEYOND)
def test_what_lies_behind_the_end_of_a_list_is_an_empty_page(world: World, tools: Tools, number: int) -> None:
    metric = world.metric()
    for name, lines, given in (
        ("metrics_list", "metrics", {"offset": number}),
        ("metrics_history", "versions", {"metric_id": metric, "offset": number}),
        ("runs_list", "runs", {"offset": number}),
        ("runs_list", "runs", {"metric_id": number}),
        ("metric_optimiser_cron_jobs_list", "schedules", {"page": number}),
    ):
        assert tools(name, **given)[lines] == [], name
    assert tools("metrics_retrieve", metric_id=metric, text_offset=number)["description"] == ""
    assert tools("metric_reviews_list", metric_id=metric, page=number)["page"] == 1


@always_on_both
@pytest.mark.parametrize("number", [*BEYOND, 0])
def test_the_live_address_of_no_metric_is_not_found(site: TestClient, number: int) -> None:
    response = site.get(f"/api/metrics/{number}/live")
    assert response.status_code == 404
    assert "There is no metric" in response.json()["error_description"]


@always_on_both
def test_signs_that_a_database_refuses_are_replaced_wherever_a_client_writes(
    world: World, tools: Tools
) -> None:
    metric = world.labelled()
    tools("metrics_partial_update", metric_id=metric, description=f"a{NUL}b\r\nc", comment=f"why{NUL}")
    assert world.live(metric) == f"a{REPLACED}b\nc"
    tools("metrics_restore", metric_id=metric, version=1, reason=f"back{NUL}")
    comments = [each["comment"] for each in tools("metrics_history", metric_id=metric)["versions"]]
    assert f"back{REPLACED}" in comments[0] and f"why{REPLACED}" in comments[1]

    assert tools("metric_reviews_list", metric_id=metric, search=f"x{NUL}")["total"] == 0
    row = world.row(metric, "one")
    saved = tools("metric_reviews_partial_update", review_id=row, feedback=f"so{NUL}")
    assert f"so{REPLACED}" in saved["review"]["feedback"]
    assert "neither true nor false" in tools.refusal(
        "metric_reviews_partial_update", review_id=row, expected_value=f"x{NUL}"
    )
    made = tools("test_sets_create", metric_id=metric, test_sets=[{"id": f"c{NUL}", "transcript": "A: hi"}])
    assert made["bad"] == 1 or made["test_set_ids"]

    tools("metric_reviews_process_feedbacks", metric_id=metric)
    world.work()
    waiting = tools("metrics_retrieve", metric_id=metric)["waiting_proposal"]
    tools("dismiss_optimisation_proposal", proposal_id=waiting, reason=f"no{NUL}")
    tried = tools("metrics_run_reviews_create", metric_id=metric, description=f"x{NUL}\r\n")
    world.work()
    assert tools("metrics_run_reviews_progress", progress_id=tried["progress_id"])["status"] == "success"
    for given in ({"name": f"n{NUL}"}, {"timezone": f"z{NUL}"}, {"cron": f"c{NUL}"}):
        schedule = {"metric_ids": [metric], "cron": "@weekly"} | given
        assert tools.refusal("metric_optimiser_cron_jobs_create", **schedule)


@always_on_both
def test_half_of_a_pair_is_refused_before_any_tool_has_it(world: World, site: TestClient) -> None:
    metric = world.labelled()

    def ask(tool: str, arguments: str) -> tuple[int, str]:
        params = f'{{"name": "{tool}", "arguments": {arguments}}}'
        headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
        body = f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {params}}}'
        answer = site.post("/mcp", content=body, headers=headers)
        return answer.status_code, answer.text

    status, said = ask("metrics_partial_update", f'{{"metric_id": {metric}, "description": "x\\ud800"}}')
    assert status == 400 and "Parse error" in said
    rows = json.dumps(json.dumps([{"id": HALF, "transcript": f"Agent: {HALF}", "feedback": HALF}]))
    status, said = ask("test_sets_create", f'{{"metric_id": {metric}, "test_sets": {rows}}}')
    assert status == 200 and "string_unicode" in said


def texts(world: World, metric: int) -> list[Callable[[str], object]]:
    """The use cases that take a text from a client."""
    database, actor = world.database, world.admin

    def revision() -> int:
        return metrics.retrieve(database, actor, metric).revision

    return [
        lambda sign: metrics.add(
            database, actor, world.project_id, "Another", Definition(f"x{sign}"), EvalSettings()
        ),
        lambda sign: metrics.edit_definition(
            database,
            actor,
            metric,
            Definition(f"y{sign}", Trigger(TriggerKind.PROMPT, f"t{sign}")),
            expected_revision=revision(),
            comment=sign,
        ),
        lambda sign: runs.update_definition(
            database, actor, metric, DefinitionChange(description=f"z{sign}"), comment=sign
        ),
        lambda sign: metrics.restore(database, actor, metric, 1, expected_revision=revision(), reason=sign),
        lambda sign: lab.rows_page(database, actor, metric, RowsAsked(search=f"x{sign}")),
        lambda sign: lab.rows_of_calls(database, actor, metric, [sign]),
    ]


@always_on_both
@pytest.mark.parametrize("sign", [NUL, HALF])
def test_use_cases_store_what_any_database_takes(world: World, sign: str) -> None:
    metric = world.metric()
    for do in texts(world, metric):
        do(sign)
    stored = [metrics.version_definition(world.database, world.admin, metric, number) for number in (2, 3)]
    assert [each.description for each in stored] == [f"y{REPLACED}", f"z{REPLACED}"]
    assert stored[0].trigger.text == f"t{REPLACED}"


@always_on_both
def test_a_budget_that_no_column_holds_is_refused(world: World) -> None:
    metric, options = world.metric(), RunOptions(max_calls=2**31)
    with pytest.raises(Refused, match="at most 2,147,483,647"):
        runs.improve(world.database, world.admin, metric, options)
    with pytest.raises(Refused, match="at most 2,147,483,647"):
        schedules.add(world.database, world.admin, world.project_id, [metric], "@weekly", options=options)


@always_on_both
@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_an_id_that_no_column_holds_is_that_of_no_row(world: World, number: int) -> None:
    for look in (metrics.retrieve, runs.show_run, runs.progress, runs.result_detail):
        with pytest.raises(NotFound):
            look(world.database, world.admin, number)
