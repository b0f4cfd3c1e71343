"""The routine of a Claude Code user, step by step, over HTTP and stdio: the same run as a schedule makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.terms import Outcome
from tests.mcp_world import Ask, Tools, client_of, tools
from tests.scripted_model import BETTER, POLITE, WORSE
from tests.world import World

__all__ = ["tools"]

SAME_IN_BOTH = (
    "outcome",
    "shown_as",
    "reason",
    "warning",
    "baseline",
    "optimised",
    "held_out",
    "evidence",
    "applied",
    "fixed",
    "broken",
    "calls",
    "base_version",
)


@pytest.fixture(params=["http", pytest.param("stdio", marks=pytest.mark.thorough)])
def ask(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[Ask]:
    with client_of(request.param, world, tmp_path) as asking:
        yield asking


@pytest.mark.slow
def test_process_poll_read_apply_score_again_and_roll_back(world: World, ask: Ask) -> None:
    metric = world.labelled()
    started = ask("metric_reviews_process_feedbacks", metric_id=metric)
    again = ask("metric_reviews_process_feedbacks", metric_id=metric)
    assert (again["progress_id"], again["already_running"]) == (started["progress_id"], True)

    poll = {"progress_id": started["progress_id"]}
    assert ask("metric_reviews_process_feedbacks_progress", **poll)["status"] == "queued"
    world.work()
    done = ask("metric_reviews_process_feedbacks_progress", **poll)
    assert done["status"] == "success"
    output = done["output"]
    assert output["improved_metric_description"] == BETTER
    assert output["old_score"] == {"num_correct": 3, "num_total": 9, "score": 0.3333, "not_judged": 0}
    assert output["new_score"]["num_correct"] == 9
    assert f"-{POLITE}" in output["diffs"]["description"] and f"+{BETTER}" in output["diffs"]["description"]
    assert {row["change"] for row in output["review_results"]} == {"fixed"}
    assert world.live(metric) == POLITE

    applied = ask("apply_optimisation_proposal", proposal_id=output["proposal_id"])
    assert (applied["status"], applied["version"]) == ("applied", 2)
    assert ask("metrics_retrieve", metric_id=metric)["description"] == BETTER

    rescored = ask("metrics_run_reviews_create", metric_id=metric)
    world.work()
    found = ask("metrics_run_reviews_progress", progress_id=rescored["progress_id"])
    assert found["output"]["new_score"]["num_correct"] == 9 and found["output"]["saved"]

    restored = ask("metrics_restore", metric_id=metric, version=1, reason="it fell")
    assert restored["version"] == 3
    assert world.live(metric) == POLITE


def test_the_stored_result_is_that_of_the_same_run_by_schedule(world: World, tools: Tools) -> None:
    by_mcp, by_schedule = world.labelled("Polite"), world.labelled("Polite too")
    tools("metric_reviews_process_feedbacks", metric_id=by_mcp)
    world.work()
    run_id, _ = world.scheduled_run(by_schedule)
    world.work()

    [mine] = tools("runs_list", metric_id=by_mcp)["runs"]
    assert mine["trigger"] == "mcp" and mine["starter"] == "admin@clinic.test"
    one, other = world.run(mine["id"]).results[0].as_json(), world.run(run_id).results[0].as_json()
    assert {key: one[key] for key in SAME_IN_BOTH} == {key: other[key] for key in SAME_IN_BOTH}
    assert _texts(one) == _texts(other)


def test_a_regressed_rewrite_has_no_proposal_to_apply(world: World, tools: Tools) -> None:
    world.model.proposes = WORSE
    metric = world.metric()
    world.label(metric, right=8, wrong=6)
    output = _improved(world, tools, metric)
    assert output["outcome"] == "regressed" and output["proposal_id"] is None
    assert output["rows_broken"] > output["rows_fixed"]


def test_without_new_feedback_the_second_ask_makes_no_call_and_names_the_proposal(
    world: World, tools: Tools
) -> None:
    metric = world.labelled()
    first = _improved(world, tools, metric)
    asked = len(world.endpoint.received)
    output = _improved(world, tools, metric)
    assert output["outcome"] == "no_changes" and "No new feedback" in output["reason"]
    assert f"proposal {first['proposal_id']}" in output["reason"]
    assert output["improved_metric_description"] is None
    assert len(world.endpoint.received) == asked


def test_too_few_labels_are_an_error_that_says_what_is_missing(world: World, tools: Tools) -> None:
    metric = world.metric()
    started = tools("metric_reviews_process_feedbacks", metric_id=metric)
    world.work()
    done = tools("metric_reviews_process_feedbacks_progress", progress_id=started["progress_id"])
    assert done["status"] == "error" and done["output"] is None
    assert "at least 2" in done["error"]


def test_a_run_is_cancelled_and_nothing_is_applied(world: World, tools: Tools) -> None:
    metric = world.labelled()
    started = tools("metric_reviews_process_feedbacks", metric_id=metric)
    tools("metric_reviews_process_feedbacks_cancel", progress_id=started["progress_id"])
    done = tools("metric_reviews_process_feedbacks_progress", progress_id=started["progress_id"])
    assert done["status"] == "error" and "cancelled" in done["error"]
    assert world.run(started["run_id"]).results[0].outcome is Outcome.CANCELLED


def test_a_rewrite_that_was_not_evaluated_is_scored_before_it_goes_live(world: World, tools: Tools) -> None:
    metric = world.labelled()
    output = _improved(world, tools, metric, skip_evaluation=True)
    assert output["outcome"] == "proposed" and output["new_score"] is None
    assert output["improved_metric_description"] == BETTER

    applying = tools("apply_optimisation_proposal", proposal_id=output["proposal_id"])
    assert applying["status"] == "scoring" and world.live(metric) == POLITE
    world.work()
    assert world.live(metric) == BETTER


def test_a_rewrite_that_was_not_evaluated_and_is_lower_never_goes_live(world: World, tools: Tools) -> None:
    world.model.proposes = WORSE
    metric = world.metric()
    world.label(metric, right=8, wrong=6)
    output = _improved(world, tools, metric, skip_evaluation=True)
    tools("apply_optimisation_proposal", proposal_id=output["proposal_id"])
    world.work()
    assert world.live(metric) == POLITE
    assert "never applied" in tools.refusal("apply_optimisation_proposal", proposal_id=output["proposal_id"])


def test_a_run_on_some_of_the_labels_is_scored_on_all_before_it_goes_live(world: World, tools: Tools) -> None:
    metric = world.labelled()
    ids = [row["id"] for row in tools("metric_reviews_list", metric_id=metric)["reviews"]]
    output = _improved(world, tools, metric, test_set_ids=ids[:5])
    assert output["old_score"]["num_total"] == 5
    applying = tools("apply_optimisation_proposal", proposal_id=output["proposal_id"])
    assert applying["status"] == "scoring"
    world.work()
    scored = tools("metrics_run_reviews_progress", progress_id=applying["progress_id"])
    assert scored["output"]["new_score"]["num_total"] == 9
    assert world.live(metric) == BETTER


def test_a_row_of_another_lab_is_refused(world: World, tools: Tools) -> None:
    metric, other = world.labelled("Polite"), world.labelled("Polite too")
    [foreign, *_] = tools("metric_reviews_list", metric_id=other)["reviews"]
    said = tools.refusal("metric_reviews_process_feedbacks", metric_id=metric, test_set_ids=[foreign["id"]])
    assert "no row in this metric's Lab" in said


def _improved(world: World, tools: Tools, metric: int, **options: Any) -> dict[str, Any]:
    started = tools("metric_reviews_process_feedbacks", metric_id=metric, **options)
    world.work()
    done = tools("metric_reviews_process_feedbacks_progress", progress_id=started["progress_id"])
    assert done["status"] == "success", done["error"]
    return dict(done["output"])


def _texts(result: dict[str, Any]) -> object:
    """The candidate without the ids of the labels it cites, which are each metric's own."""
    candidate = result["candidate"]
    return candidate["definition"], candidate["summary"], [rule["text"] for rule in candidate["rules"]]
