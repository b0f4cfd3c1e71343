"""The Runs page: the list and its filters, a result, and what a person may do with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import accounts, lab
from core.models import Job, Metric, Proposal, Result, Run, Trial
from core.terms import Outcome
from tests.page_world import PageWorld, page_world
from tests.run_history import BEGAN, RunHistory

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** :red[red]"
ESCAPED = r"\*\*bold\*\* \:red\[red\]"


@pytest.fixture
def history(page_world: PageWorld) -> RunHistory:
    return RunHistory(page_world.database, page_world.actor, page_world.project_id)


def proposal_of(history: RunHistory, metric_id: int) -> int:
    return history.result(metric_id, Outcome.PROPOSED, baseline=(6, 10), optimised=(8, 10), calls=40)


def run_of(history: RunHistory, result_id: int) -> int:
    with history.database.read() as session:
        return session.get_one(Result, result_id).run_id


def opened(world: PageWorld, history: RunHistory, result_id: int) -> AppTest:
    return world.open_in_frame("runs", run=run_of(history, result_id), result=result_id)


def words(page: AppTest) -> str:
    """Everything a page says, in its markup."""
    assert not page.exception
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.success, page.info)
    return "\n".join(str(one.value) for kind in (*kinds, page.warning, page.error) for one in kind)


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def links(page: AppTest) -> list[str]:
    return [element.proto.label for element in page.get("page_link")]


def test_a_new_project_is_told_how_to_start_a_run(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("runs")
    assert "No runs yet" in words(page)
    assert any("Auto Improve" in link for link in links(page))


def test_the_list_shows_each_run_with_its_outcome_and_scores(
    page_world: PageWorld, history: RunHistory
) -> None:
    proposal_of(history, history.metric())
    page = page_world.open_in_frame("runs")
    said = words(page)
    assert "Proposed — awaiting review" in said
    assert "6 of 10 (60%) → 8 of 10 (80%)" in said
    assert "40 calls" in said
    assert "**Run 1**" in links(page)
    when = next(one for one in page.caption if "Auto Improve" in one.value)
    assert when.help == f"{BEGAN:%Y-%m-%d %H:%M:%S} UTC"


def test_the_filters_stand_in_the_address(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    history.result(metric, Outcome.FAILED)
    proposal_of(history, metric)
    page = page_world.open_in_frame("runs", outcome="failed")
    assert "**Run 1**" in links(page) and "**Run 2**" not in links(page)
    page.selectbox(key="runs-outcome-failed").set_value("proposed").run()
    assert page.query_params["outcome"] == "proposed"
    assert "**Run 2**" in links(page) and "**Run 1**" not in links(page)
    page.button(key="runs-clear").click().run()
    assert "outcome" not in page.query_params
    assert {"**Run 1**", "**Run 2**"} <= set(links(page))


def test_runs_are_found_by_state_and_days(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    history.result(metric, Outcome.FAILED)
    history.result(metric, Outcome.CANCELLED)
    page = page_world.open_in_frame("runs", state="cancelled")
    assert "**Run 2**" in links(page) and "**Run 1**" not in links(page)
    page = page_world.open_in_frame("runs")
    page.date_input(key="runs-to-None").set_value(BEGAN.date() - timedelta(days=3)).run()
    assert page.query_params["to"] == (BEGAN.date() - timedelta(days=3)).isoformat()
    assert "No run matches" in words(page)
    page.button(key="runs-clear").click().run()
    assert {"**Run 1**", "**Run 2**"} <= set(links(page))


def test_filters_that_make_no_sense_are_ignored(page_world: PageWorld, history: RunHistory) -> None:
    history.result(history.metric(), Outcome.FAILED)
    page = page_world.open_in_frame("runs", outcome="sunny", metric="x", page="0", state="on", to="soon")
    assert "**Run 1**" in links(page)


def test_more_than_25_runs_come_in_pages(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    for _ in range(27):
        history.result(metric, Outcome.NO_CHANGES)
    assert "1–25 of 27 runs" in words(page_world.open_in_frame("runs"))
    second = page_world.open_in_frame("runs", page=2)
    assert "26–27 of 27 runs" in words(second)
    assert [link for link in links(second) if "Run " in link] == ["**Run 2**", "**Run 1**"]


def test_a_result_says_first_what_happened_and_why(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    result = history.result(metric, Outcome.NO_CHANGES, reason="Every label agrees already (9 of 9).")
    page = opened(page_world, history, result)
    assert r"Every label agrees already \(9 of 9\)\." in words(page)
    assert keys(page) >= {f"runs-again-{result}"}


def test_applying_makes_the_proposal_live_and_says_so(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    result = proposal_of(history, metric)
    page = opened(page_world, history, result)
    page.button(key=f"runs-apply-{result}").click().run()
    assert "it became version 2" in words(page)
    assert f"runs-apply-{result}" not in keys(page)
    with history.database.read() as session:
        assert session.scalars(select(Proposal.state)).one() == "applied"


def test_rejecting_keeps_the_reason(page_world: PageWorld, history: RunHistory) -> None:
    result = proposal_of(history, history.metric())
    page = opened(page_world, history, result)
    page.text_area(key=f"runs-reason-{result}").set_value("Too strict.").run()
    page.button(key=f"runs-reject-{result}").click().run()
    assert r"Too strict\." in words(page)
    with history.database.read() as session:
        proposal = session.scalars(select(Proposal)).one()
    assert (proposal.state, proposal.closed_reason) == ("rejected", "Too strict.")


def test_a_regressed_candidate_has_no_apply_and_opens_in_the_editor(
    page_world: PageWorld, history: RunHistory
) -> None:
    metric = history.metric()
    result = history.result(metric, Outcome.REGRESSED, baseline=(8, 10), optimised=(6, 10))
    page = opened(page_world, history, result)
    assert f"runs-apply-{result}" not in keys(page)
    assert "Open in editor" in links(page)


def test_an_old_link_leads_to_what_replaced_the_proposal(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    old, new = proposal_of(history, metric), proposal_of(history, metric)
    page = opened(page_world, history, old)
    assert "Superseded by a newer proposal" in words(page)
    assert f"Open what replaced it: run {run_of(history, new)}" in links(page)
    assert f"runs-apply-{old}" not in keys(page)


def test_a_proposal_that_somebody_else_closed_is_refused_in_one_sentence(
    page_world: PageWorld, history: RunHistory
) -> None:
    result = proposal_of(history, history.metric())
    page = opened(page_world, history, result)
    with history.database.write() as session:
        session.scalars(select(Proposal)).one().state = "rejected"
    page.button(key=f"runs-apply-{result}").click().run()
    assert not page.exception
    with history.database.read() as session:
        assert session.scalars(select(Metric.revision)).one() == 1


def test_apply_warns_when_labels_changed_since_the_run(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    review = history.review(metric, "call-1", "true")
    result = proposal_of(history, metric)
    lab.label(history.database, history.actor, review, False)
    page = opened(page_world, history, result)
    assert "1 label was given or changed" in words(page)
    page.button(key=f"runs-score-{result}").click().run()
    assert "Redis does not answer" in words(page)
    with history.database.read() as session:
        trial = session.scalars(select(Trial)).one()
    assert (trial.result_id, trial.scope, trial.options["then_apply"]) == (result, "labels", False)
    assert page.button(key=f"trial-cancel-{trial.id}")
    assert page.button(key=f"runs-apply-{result}").disabled


def test_rows_show_both_verdicts_and_stay_text(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    review = history.review(metric, HOSTILE, "true", HOSTILE)
    result = proposal_of(history, metric)
    history.row(result, review, "true", "false", "true")
    page = opened(page_world, history, result)
    said = words(page)
    assert "Fixed (1)" in said and "Broken (0)" in said
    assert "Live: **:red[:material/close: false]**" in said
    assert "Proposed: **:green[:material/check: true]**" in said
    assert ESCAPED in said and "**bold**" not in said
    button = page.button(key=f"runs-call-{result}-{review}")
    assert ESCAPED in button.label
    button.click().run()
    transcript = "\n".join(element.proto.body for element in page.get("html"))
    assert "This is &lt;script&gt;" in transcript and "<script>" not in transcript


def test_a_run_that_goes_on_shows_its_stage_and_can_be_cancelled(
    page_world: PageWorld, history: RunHistory
) -> None:
    result = history.result(history.metric(), None)
    stage = {"stage": "Judging the live prompt", "calls_done": 3, "calls_expected": 40}
    history.job(result, status="running", **stage)
    page = opened(page_world, history, result)
    (progress,) = page.get("progress")
    assert progress.proto.text == "Judging the live prompt · 3 of 40 calls"
    page.button(key=f"runs-cancel-{run_of(history, result)}").click().run()
    with history.database.read() as session:
        assert session.scalars(select(Job.cancel_requested_at)).one() is not None
    (progress,) = page.get("progress")
    assert progress.proto.text.startswith("Cancelling")


def test_running_again_starts_a_run_that_proposes(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    result = history.result(metric, Outcome.NO_CHANGES)
    page = opened(page_world, history, result)
    page.button(key=f"runs-again-{result}").click().run()
    assert "Redis does not answer" in words(page)
    with history.database.read() as session:
        newest = session.scalars(select(Run).order_by(Run.id.desc())).first()
    assert newest is not None
    assert (newest.trigger, newest.auto_apply, page.query_params["run"]) == (
        "button",
        False,
        str(newest.id),
    )


def test_a_run_with_several_metrics_opens_at_the_one_that_waits(
    page_world: PageWorld, history: RunHistory
) -> None:
    calm, polite = history.metric("Calm"), history.metric("Polite")
    run = history.run()
    first = history.result(calm, Outcome.NO_CHANGES, run_id=run, reason="Nothing is new.")
    second = history.result(polite, Outcome.PROPOSED, run_id=run, baseline=(6, 10), optimised=(8, 10))
    page = page_world.open_in_frame("runs", run=run)
    assert f"runs-apply-{second}" in keys(page)
    page.segmented_control(key=f"runs-result-{run}-{second}").set_value(first).run()
    assert page.query_params["result"] == str(first)
    assert r"Nothing is new\." in words(page)


def test_a_run_of_many_metrics_has_a_menu_of_them(page_world: PageWorld, history: RunHistory) -> None:
    run = history.run()
    results = [
        history.result(history.metric(f"*Metric* {number}"), Outcome.NO_CHANGES, run_id=run)
        for number in range(9)
    ]
    page = page_world.open_in_frame("runs", run=run)
    menu = page.selectbox(key=f"runs-result-{run}-{results[0]}")
    assert menu.label == "Metric: one of 9"
    assert menu.options[3] == "*Metric* 3 · No changes proposed"
    menu.set_value(results[3]).run()
    assert page.query_params["result"] == str(results[3])


def test_a_link_from_a_mail_opens_the_project_of_its_run(page_world: PageWorld, history: RunHistory) -> None:
    other = accounts.add_project(history.database, history.actor, "Airline")
    result = proposal_of(history, history.metric())
    page = page_world.open_in_frame("runs", run=run_of(history, result), project=other.id)
    assert page.query_params["project"] == str(page_world.project_id)
    assert f"runs-apply-{result}" in keys(page)


def test_a_run_that_is_not_there_is_said_so(page_world: PageWorld) -> None:
    assert "There is no run" in words(page_world.open_in_frame("runs", run=404))
