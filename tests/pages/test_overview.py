"""The Overview page: what waits for a person, how the metrics stand, and the first steps."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import schedules
from core.terms import Outcome
from tests.page_world import PageWorld, page_world
from tests.run_history import RunHistory

__all__ = ["page_world"]


@pytest.fixture
def history(page_world: PageWorld) -> RunHistory:
    return RunHistory(page_world.database, page_world.actor, page_world.project_id)


def words(page: AppTest) -> str:
    """Everything a page says, in its markup."""
    assert not page.exception
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.warning)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def links(page: AppTest) -> dict[str, str]:
    """The query of each link by its label."""
    return {element.proto.label: element.proto.query_string for element in page.get("page_link")}


def test_a_new_project_sees_the_three_steps(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("overview")
    said = words(page)
    assert all(step in said for step in ("Bring calls in", "Label", "Run"))
    assert "Make a metric" in links(page)


def test_a_step_that_is_done_has_a_tick(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    history.review(metric, "call-1", "true")
    said = words(page_world.open_in_frame("overview"))
    assert ":green[:material/check_circle:] Bring calls in" in said
    assert ":green[:material/check_circle:] Label" not in said


def test_a_waiting_proposal_stands_first_and_links_to_its_result(
    page_world: PageWorld, history: RunHistory
) -> None:
    result = history.result(history.metric(), Outcome.PROPOSED, baseline=(6, 10), optimised=(8, 10))
    page = page_world.open_in_frame("overview")
    assert "6 of 10 (60%) → 8 of 10 (80%), +2 rows" in words(page)
    assert f"result={result}" in links(page)["**Review**"]


def test_a_card_shows_the_live_score_as_k_of_n_and_its_change(
    page_world: PageWorld, history: RunHistory
) -> None:
    metric = history.metric()
    history.result(metric, Outcome.NO_CHANGES, baseline=(6, 10))
    history.result(metric, Outcome.NO_CHANGES, baseline=(8, 10))
    page = page_world.open_in_frame("overview")
    (shown,) = page.metric
    assert (shown.value, shown.delta) == ("80%", "+20 points")
    assert "8 of 10 labels agree" in words(page)
    assert f"metric={metric}" in links(page)["**Polite**"]


def test_a_failed_run_is_said_with_its_cause(page_world: PageWorld, history: RunHistory) -> None:
    history.result(history.metric(), Outcome.FAILED, reason="The endpoint refused the key.")
    assert r"The endpoint refused the key\." in words(page_world.open_in_frame("overview"))


def test_more_metrics_than_fit_are_turned_page_by_page(page_world: PageWorld, history: RunHistory) -> None:
    for number in range(14):
        history.metric(f"Metric {number:02}")
    page = page_world.open_in_frame("overview")
    assert "**Metric 11**" in links(page) and "**Metric 12**" not in links(page)
    assert "14 metrics" in words(page)
    second = page_world.open_in_frame("overview", cards=2)
    assert "**Metric 12**" in links(second) and "**Metric 11**" not in links(second)


def test_a_schedule_without_new_labels_is_said(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    place = (history.database, history.actor, history.project_id, [metric])
    schedule = schedules.add(*place, "0 9 * * 1", name="Weekly")
    run_id = history.run(trigger="schedule", schedule_id=schedule.id)
    history.result(metric, Outcome.NO_CHANGES, run_id=run_id, baseline=(3, 3))
    said = words(page_world.open_in_frame("overview"))
    assert "No new labels" in said and "nobody has labelled since" in said


def test_parts_that_do_not_run_are_named(page_world: PageWorld) -> None:
    assert "Redis does not answer" in words(page_world.open_in_frame("overview"))


def test_what_runs_now_is_shown_live(page_world: PageWorld, history: RunHistory) -> None:
    result = history.result(history.metric(), None)
    history.job(result, status="running", stage="Writing proposals", calls_done=1, calls_expected=4)
    page = page_world.open_in_frame("overview")
    assert "Running now" in words(page)
    (progress,) = page.get("progress")
    assert progress.proto.text == "Writing proposals · 1 of 4 calls"


def test_the_next_fires_are_listed_by_time(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    place = (history.database, history.actor, history.project_id, [metric])
    schedules.add(*place, "0 9 1 1 *", name="Yearly")
    schedules.add(*place, "*/5 * * * *", name="Often")
    paused = schedules.add(*place, "0 9 * * 1", name="Paused")
    schedules.pause(history.database, history.actor, paused.id)
    said = words(page_world.open_in_frame("overview"))
    assert 0 < said.index("Often") < said.index("Yearly")
    assert "Paused" not in said


def test_a_list_that_is_cut_links_to_all_that_is_in_it(page_world: PageWorld, history: RunHistory) -> None:
    for number in range(6):
        history.result(history.metric(f"A {number}"), Outcome.PROPOSED, baseline=(1, 4), optimised=(2, 4))
        history.result(history.metric(f"B {number}"), Outcome.OVER_BUDGET)
    page = page_world.open_in_frame("overview")
    for label, need, shown in (
        ("All 6 proposals that wait", "decision", {1, 3, 5, 7, 9, 11}),
        ("All 6 metrics in trouble", "look", {2, 4, 6, 8, 10, 12}),
    ):
        assert f"needs={need}" in links(page)[label]
        there = page_world.open_in_frame("runs", needs=need)
        assert {name for name in links(there) if "**Run" in name} == {f"**Run {number}**" for number in shown}
    assert there.selectbox(key="runs-needs-look").value == "look"


def test_idle_schedules_and_the_next_to_fire_are_counted_where_they_are_cut(
    page_world: PageWorld, history: RunHistory
) -> None:
    metric = history.metric()
    place = (history.database, history.actor, history.project_id, [metric])
    for number in range(7):
        made = schedules.add(*place, "0 9 * * 1", name=f"Weekly {number}")
        if number:
            run_id = history.run(trigger="schedule", schedule_id=made.id)
            history.result(metric, Outcome.NO_CHANGES, run_id=run_id, baseline=(3, 3))
    found = links(page_world.open_in_frame("overview"))
    assert "state=idle" in found["All 6 schedules without new labels"]
    assert "state=on" in found["All 7 schedules that are on"]
    there = links(page_world.open_in_frame("schedules", state="idle"))
    assert {name for name in there if "Weekly" in name} == {f"**Weekly {number}**" for number in range(1, 7)}
    assert "**Weekly 0**" in links(page_world.open_in_frame("schedules", state="on"))


def test_latest_runs_link_to_their_pages(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    for _ in range(8):
        history.result(metric, Outcome.NO_CHANGES, baseline=(3, 3))
    found = links(page_world.open_in_frame("overview"))
    assert "run=8" in found["**Run 8**"]
    assert "All 8 runs" in found and "**Run 2**" not in found
