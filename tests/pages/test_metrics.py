"""The page Metrics: the list, a new metric, and one with its runs, prompt, versions and Lab."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import accounts, metrics
from core.metrics import definition_json
from core.models import Proposal, Result
from core.terms import Definition, EvalSettings, EvalType, Outcome, Trigger, TriggerKind
from tests.page_world import PageWorld, page_world
from tests.pages.metric_page import (
    POLITE,
    add,
    cards,
    details,
    finished,
    has,
    label,
    links,
    opened,
    press,
    said,
)

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** :red[red] $x$"


class TestTheList:
    def test_an_empty_project_is_told_what_a_metric_is(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics")
        assert "No metric yet" in said(page.markdown)
        press(page, "metrics-new")
        assert said(page.title) == "New metric"

    def test_each_metric_has_a_card_that_says_how_it_stands(self, page_world: PageWorld) -> None:
        label(page_world, add(page_world), labels=3)
        mood = EvalSettings(EvalType.ENUM, ("good", "bad"))
        scored = add(page_world, "Mood", settings=mood, critical=True)
        finished(page_world, scored, Outcome.REGRESSED, baseline_correct=45, baseline_total=50)

        page = page_world.open_in_frame("metrics")

        shown = said(page.markdown)
        assert cards(page) == ["Mood", "Polite"]
        assert "45 of 50 (90%)" in shown
        assert "No agreement measured yet" in shown
        assert "3 labels" in shown
        assert "LLM judge · one of several values · v1 live" in said(page.caption)
        assert "Regressed — not applied" in shown

    def test_a_name_is_never_markup(self, page_world: PageWorld) -> None:
        add(page_world, HOSTILE)
        page = page_world.open_in_frame("metrics")
        raw = [element.proto.label for element in page.get("page_link") if "script" in element.proto.label]
        assert raw == [
            r"**\<script\>alert\(1\)\</script\> \*\*bold\*\* \:red\[red\] \$x\$**",
        ]

    def test_many_metrics_come_in_portions_and_are_found_by_name(self, page_world: PageWorld) -> None:
        for number in range(32):
            add(page_world, f"Metric {number:02}")
        page = page_world.open_in_frame("metrics")
        assert sum(link.startswith("**Metric") for link in links(page)) == 30
        press(page, "metrics-more")
        assert sum(link.startswith("**Metric") for link in links(page)) == 32
        page.text_input(key="metrics-find-").set_value("ric 07").run()
        assert cards(page) == ["Metric 07"]


class TestANewMetric:
    def test_each_mistake_is_said_where_it_was_made(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", new=1)
        page.radio(key="metrics-new-eval-type").set_value(EvalType.ENUM).run()
        page.text_area(key="metrics-new-values").set_value("one").run()
        page.radio(key="metrics-new-trigger").set_value(TriggerKind.PROMPT).run()
        press(page, "metrics-new-make")
        assert [error.value.replace("\\", "") for error in page.error] == [
            "The metric needs a name.",
            "An enum metric needs 2 to 50 enum_values.",
            "The metric needs a description: the prompt its judge answers.",
            "The evaluation trigger needs a text, or the kind “always”.",
        ]
        assert metrics.list_metrics(page_world.database, page_world.actor, page_world.project_id) == []

    def test_a_name_that_is_taken_is_said_by_the_name(self, page_world: PageWorld) -> None:
        add(page_world)
        page = page_world.open_in_frame("metrics", new=1)
        page.text_input(key="metrics-new-name").set_value("Polite")
        page.text_area(key="metrics-new-question").set_value("Again?")
        press(page, "metrics-new-make")
        assert "already a metric named “Polite”" in said(page.error)

    def test_it_is_what_was_written_and_opens_at_its_lab(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", new=1)
        page.radio(key="metrics-new-eval-type").set_value(EvalType.RATING).run()
        page.number_input(key="metrics-new-tolerance").set_value(0.5)
        page.text_input(key="metrics-new-name").set_value(HOSTILE)
        page.text_area(key="metrics-new-question").set_value("How polite?")
        page.radio(key="metrics-new-trigger").set_value(TriggerKind.PROMPT).run()
        page.text_area(key="metrics-new-trigger-text").set_value("Somebody spoke.")
        page.toggle(key="metrics-new-critical").set_value(True)
        page.text_input(key="metrics-new-model").set_value("larger")
        press(page, "metrics-new-make")

        (listed,) = metrics.list_metrics(page_world.database, page_world.actor, page_world.project_id)
        made = details(page_world, listed.id)
        trigger = Trigger(TriggerKind.PROMPT, "Somebody spoke.")
        assert (made.name, made.definition) == (HOSTILE, Definition("How polite?", trigger))
        assert (made.settings, made.model, made.critical) == (
            EvalSettings(EvalType.RATING, (), 0.5),
            "larger",
            True,
        )
        assert page.query_params["metric"] == str(made.id)
        assert "The Lab is empty" in said(page.markdown)
        assert "Next: bring calls into its Lab" in said(page.success)


class TestTheHead:
    def test_a_metric_that_is_not_there_leads_back_to_the_list(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", metric=99)
        assert "This metric is not here" in said(page.markdown)
        assert "All metrics" in links(page)

    def test_a_link_to_a_metric_opens_its_project(self, page_world: PageWorld) -> None:
        other = accounts.add_project(page_world.database, page_world.actor, "Other")
        made = metrics.add(
            page_world.database, page_world.actor, other.id, "Elsewhere", POLITE, EvalSettings()
        )
        page = opened(page_world, made.id)
        assert page.query_params["project"] == str(other.id)
        assert said(page.title) == "Elsewhere"

    def test_a_waiting_proposal_is_announced(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        result = waiting(page_world, metric)
        page = opened(page_world, metric)
        run_id = run_of(page_world, result)
        assert f"Run {run_id} rewrote this metric and waits for your review." in said(page.markdown)
        press(page, "metrics-review")
        assert page.query_params["run"] == str(run_id)

    def test_deleting_asks_first(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = press(opened(page_world, metric), "metrics-delete")
        assert details(page_world, metric).name == "Polite"
        press(page, "metrics-delete-yes")
        assert "was deleted" in said(page.success)
        assert metrics.list_metrics(page_world.database, page_world.actor, page_world.project_id) == []


class TestThePrompt:
    def test_a_prompt_is_shown_as_it_is(self, page_world: PageWorld) -> None:
        trigger = Trigger(TriggerKind.PROMPT, HOSTILE)
        page = opened(page_world, add(page_world, definition=Definition(HOSTILE, trigger)), "Prompt")
        assert [code.value for code in page.code] == [HOSTILE, HOSTILE]
        assert HOSTILE not in said(page.markdown)

    def test_saving_makes_a_version_with_its_comment(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = press(opened(page_world, metric, "Prompt"), "metrics-edit")
        page.text_area(key=f"metrics-description-{metric}").set_value("Was the agent friendly?")
        page.text_input(key=f"metrics-comment-{metric}").set_value("Friendlier.")
        press(page, "metrics-save")
        assert "Version 2 is live" in said(page.success)
        assert details(page_world, metric).definition.description == "Was the agent friendly?"
        assert newest_comment(page_world, metric) == "Friendlier."
        assert has(page, "metrics-edit")

    def test_nothing_changed_is_nothing_saved(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = press(opened(page_world, metric, "Prompt"), "metrics-edit")
        press(page, "metrics-save")
        assert "nothing was saved" in said(page.success)
        assert details(page_world, metric).version == 1

    def test_what_can_not_be_judged_is_refused_in_a_sentence(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = press(opened(page_world, metric, "Prompt"), "metrics-edit")
        page.text_area(key=f"metrics-description-{metric}").set_value(" ")
        press(page, "metrics-save")
        assert "The metric needs a description" in said(page.error)
        assert page.text_area(key=f"metrics-description-{metric}").value == " "

    def test_who_was_overtaken_sees_both_and_loses_nothing(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = press(opened(page_world, metric, "Prompt"), "metrics-edit")
        theirs = Definition("Somebody else's.")
        metrics.edit_definition(page_world.database, page_world.actor, metric, theirs, expected_revision=1)
        page.text_area(key=f"metrics-description-{metric}").set_value("Mine.")
        press(page, "metrics-save")

        assert "Somebody saved version 2 while you were editing" in said(page.warning)
        assert details(page_world, metric).definition == theirs
        assert page.text_area(key=f"metrics-description-{metric}").value == "Mine."
        press(page, "metrics-save")
        assert details(page_world, metric).definition == theirs

        press(page, "metrics-seen")
        press(page, "metrics-save")
        assert details(page_world, metric).definition == replace(theirs, description="Mine.")
        assert details(page_world, metric).version == 3

    def test_a_link_from_a_run_opens_what_it_wrote(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        result = waiting(page_world, metric)
        page = opened(page_world, metric, edit=result)
        assert page.text_area(key=f"metrics-description-{metric}").value == "Rewritten?"
        assert "edit" not in page.query_params
        press(page, "metrics-edit-cancel")
        assert [code.value for code in page.code] == [POLITE.description]


class TestTheVersions:
    @pytest.fixture
    def metric(self, page_world: PageWorld) -> int:
        made = add(page_world)
        metrics.edit_definition(
            page_world.database,
            page_world.actor,
            made,
            Definition(HOSTILE),
            expected_revision=1,
            comment=HOSTILE,
        )
        return made

    def test_they_say_who_and_why_and_how_they_differ(self, page_world: PageWorld, metric: int) -> None:
        page = opened(page_world, metric, "Versions")
        shown = said(page.markdown)
        assert "**Version 2**" in shown
        assert "First version" in shown
        raw = [str(element.value) for element in page.markdown if "alert" in str(element.value)]
        assert raw == [r"\<script\>alert\(1\)\</script\> \*\*bold\*\* \:red\[red\] \$x\$"]
        (diff,) = page.get("bidi_component")
        assert "<script>alert(1)</script>" in diff.proto.json
        assert not any("<script>" in element.proto.body for element in page.get("html"))

    def test_a_rollback_wants_a_reason(self, page_world: PageWorld, metric: int) -> None:
        page = press(opened(page_world, metric, "Versions"), "metrics-restore-1")
        press(page, "metrics-restore-yes")
        assert "Say in a few words why" in said(page.error)
        assert details(page_world, metric).version == 2

    def test_a_rollback_is_a_new_version(self, page_world: PageWorld, metric: int) -> None:
        page = press(opened(page_world, metric, "Versions"), "metrics-restore-1")
        page.text_input(key="metrics-reason-1").set_value("It was better.")
        press(page, "metrics-restore-yes")
        assert "Version 3, equal to version 1, is live" in said(page.success)
        assert details(page_world, metric).definition == POLITE
        assert newest_comment(page_world, metric) == "Rolled back to version 1: It was better."

    def test_the_live_version_can_not_be_rolled_back_to(self, page_world: PageWorld, metric: int) -> None:
        page = opened(page_world, metric, "Versions")
        assert has(page, "metrics-restore-1")
        assert not has(page, "metrics-restore-2")


class TestTheHistory:
    def test_before_the_first_run_it_says_what_will_be_here(self, page_world: PageWorld) -> None:
        page = opened(page_world, add(page_world))
        assert "No run yet" in said(page.markdown)

    def test_runs_without_a_score_are_a_list_and_no_chart(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        finished(page_world, metric, Outcome.FAILED)
        page = opened(page_world, metric)
        assert not page.get("vega_lite_chart")
        assert list(page.dataframe[0].value["Outcome"]) == ["Failed"]

    def test_a_scored_run_is_drawn_and_listed(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        before = {"baseline_correct": 45, "baseline_total": 50}
        after = {"optimised_correct": 43, "optimised_total": 50}
        finished(page_world, metric, Outcome.REGRESSED, **before, **after)
        page = opened(page_world, metric)
        assert len(page.get("vega_lite_chart")) == 1
        assert not page.dataframe
        page.session_state["metrics-history-list"] = True
        row = page.run().dataframe[0].value.iloc[0]
        assert (row["Before"], row["After"]) == ("45 of 50 (90%)", "43 of 50 (86%)")
        assert "Regressed — not applied" in "\n".join(each.proto.body for each in page.get("html"))


class TestTheLab:
    def test_it_counts_and_warns(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric, labels=4)
        page = opened(page_world, metric, "Lab")
        shown = said(page.markdown)
        assert "4 of 4 rows" in shown
        assert "none judged yet" in shown
        assert "Labelled rows not evaluated yet: 4" in said(page.warning).replace("\\", "")
        press(page, "metrics-lab")
        assert page.query_params["metric"] == str(metric)


def waiting(world: PageWorld, metric_id: int) -> int:
    """A result whose proposal waits; its id."""
    candidate = {"definition": definition_json(Definition("Rewritten?")), "rules": [], "summary": ""}
    result = finished(world, metric_id, Outcome.PROPOSED, candidate=candidate)
    with world.database.write() as session:
        session.add(Proposal(metric_id=metric_id, result_id=result))
    return result


def run_of(world: PageWorld, result_id: int) -> int:
    with world.database.read() as session:
        return session.get_one(Result, result_id).run_id


def newest_comment(world: PageWorld, metric_id: int) -> str:
    return metrics.list_versions(world.database, world.actor, metric_id)[0].comment
