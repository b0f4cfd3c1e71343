"""The form of a definition: parts, variables, code tried before it is saved, drafts, files, settings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import metrics, schedules
from core.metrics import MetricDetails, settings_of
from core.models import Call, Job, Metric, MetricReview, Trial, TrialRow
from core.terms import Definition, EvalSettings, EvalType, MetricType, Role, Trigger, TriggerKind
from tests.page_world import PageWorld, page_world
from tests.pages.metric_page import POLITE, details, has, opened, press, said

__all__ = ["page_world"]

CODE = Definition("", type=MetricType.CUSTOM_CODE, custom_code="_result = 'good' in data['transcript']")
HOSTILE = "<script>alert(1)</script> **bold** {{x}}"


def add(world: PageWorld, definition: Definition = POLITE, **more: Any) -> int:
    settings = more.pop("settings", EvalSettings())
    name = more.pop("name", "Polite")
    return metrics.add(world.database, world.actor, world.project_id, name, definition, settings, **more).id


def call(world: PageWorld, text: str, metric: int | None = None, expected: str = "true") -> int:
    """A call of the project, and a labelled row of the metric's Lab where one is named."""
    with world.database.write() as session:
        made = Call(
            project_id=world.project_id,
            external_id=text,
            transcript=[{"role": "user", "content": text}],
            digest=text,
            details={"agent_name": "Ada"},
        )
        session.add(made)
        session.flush()
        if metric is not None:
            session.add(
                MetricReview(metric_id=metric, call_id=made.id, labelled=True, expected_value=expected)
            )
        return made.id


def editing(world: PageWorld, metric: int) -> AppTest:
    return press(opened(world, metric, "Prompt"), "metrics-edit")


def the_only_metric(world: PageWorld) -> MetricDetails:
    (listed,) = metrics.list_metrics(world.database, world.actor, world.project_id)
    return details(world, listed.id)


class TestParts:
    def test_success_and_failure_criteria_become_the_prompt(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", new=1)
        page.text_input(key="metrics-new-name").set_value("Confirmed")
        page.text_area(key="metrics-new-question").set_value("Was it confirmed?")
        page.text_area(key="metrics-new-part-0").set_value("day and time are named\nthe caller agrees")
        page.text_area(key="metrics-new-part-1").set_value("only a call back is promised")
        press(page, "metrics-new-make")
        assert the_only_metric(page_world).definition.description == (
            "Was it confirmed?\n\nTrue when:\n- day and time are named\n- the caller agrees\n\n"
            "False when:\n- only a call back is promised"
        )

    def test_each_value_has_its_own_part(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", new=1)
        page.radio(key="metrics-new-eval-type").set_value(EvalType.ENUM).run()
        page.text_area(key="metrics-new-values").set_value("calm\nangry").run()
        page.text_input(key="metrics-new-name").set_value("Mood")
        page.text_area(key="metrics-new-question").set_value("Which mood?")
        page.text_area(key="metrics-new-part-1").set_value("they shout")
        press(page, "metrics-new-make")
        assert (
            the_only_metric(page_world).definition.description == "Which mood?\n\nangry when:\n- they shout"
        )

    def test_nothing_is_lost_between_parts_and_text(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", new=1)
        page.text_area(key="metrics-new-question").set_value("Hm?")
        page.text_area(key="metrics-new-part-0").set_value("it is so").run()
        page.segmented_control(key="metrics-new-mode").set_value("As one text").run()
        text = page.text_area(key="metrics-new-description")
        assert text.value == "Hm?\n\nTrue when:\n- it is so"
        text.set_value("Hm?\n\nTrue when:\n- it is so\n\nFalse when:\n- not").run()
        page.segmented_control(key="metrics-new-mode").set_value("In parts").run()
        assert page.text_area(key="metrics-new-part-1").value == "not"
        assert page.text_area(key="metrics-new-question").value == "Hm?"

    def test_a_prompt_in_one_piece_is_edited_in_one_piece(self, page_world: PageWorld) -> None:
        metric = add(page_world, Definition("Was it polite?\n\n- Fail when rude."))
        page = editing(page_world, metric)
        assert (
            page.text_area(key=f"metrics-description-{metric}").value == "Was it polite?\n\n- Fail when rude."
        )
        page.segmented_control(key=f"metrics-mode-{metric}").set_value("In parts").run()
        assert page.text_area(key=f"metrics-question-{metric}").value == "Was it polite?\n\n- Fail when rude."

    def test_what_was_typed_survives_another_tab(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = editing(page_world, metric)
        page.text_area(key=f"metrics-description-{metric}").set_value("Was the agent kind?").run()
        page.session_state["tab"] = "Lab"
        page.run()
        page.session_state["tab"] = "Prompt"
        page.run()
        assert page.text_area(key=f"metrics-description-{metric}").value == "Was the agent kind?"


class TestVariables:
    def test_unknown_ones_are_named_with_what_may_be_meant(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        call(page_world, "good")
        page = editing(page_world, metric)
        text = "Was {{transcipt}} kind to {{metadata.agent_nam}}, {{metadata.agent_name}} and {{<b>x}}?"
        page.text_area(key=f"metrics-description-{metric}").set_value(text).run()
        shown = said(page.warning)
        assert "{{transcipt}} is no variable" in shown
        assert "Did you mean {{transcript}}?" in shown
        assert "None of the newest calls has {{metadata.agent_nam}}" in shown
        assert "Did you mean {{metadata.agent_name}}?" in shown
        assert "<b>" not in "\n".join(element.value.replace(r"\<", "") for element in page.warning)
        assert len(page.warning) == 3
        press(page, "metrics-save")
        assert details(page_world, metric).definition.description == text


class TestCode:
    def test_a_code_metric_is_made_and_tried_before(self, page_world: PageWorld) -> None:
        call(page_world, "good"), call(page_world, "bad")
        page = page_world.open_in_frame("metrics", new=1)
        page.radio(key="metrics-new-type").set_value(MetricType.CUSTOM_CODE).run()
        page.text_input(key="metrics-new-name").set_value("Good")
        code = "print(data['metadata'])\n_result = 'good' in data['transcript']\n_explanation = '**so**'"
        page.text_area(key="metrics-new-code").set_value(code).run()
        press(page, "metrics-new-try")
        shown = said(page.markdown)
        assert "code: true" in shown
        assert "code: false" in shown
        assert any("agent_name" in each.value for each in page.code)
        assert r"\*\*so\*\*" in "\n".join(each.value for each in page.caption)
        press(page, "metrics-new-make")
        made = the_only_metric(page_world).definition
        assert (made.type, made.custom_code, made.description) == (MetricType.CUSTOM_CODE, code, "")

    def test_a_dry_run_says_where_it_failed_and_compares_with_labels(self, page_world: PageWorld) -> None:
        metric = add(page_world, CODE)
        call(page_world, "good", metric), call(page_world, "bad", metric, "true")
        page = press(editing(page_world, metric), f"metrics-{metric}-try")
        assert "Agrees with **1 of 2** labels" in said(page.markdown)
        page.text_area(key=f"metrics-code-{metric}").set_value("x = 1\n1 / 0").run()
        assert "The code was changed since" in said(page.caption)
        press(page, f"metrics-{metric}-try")
        assert "ZeroDivisionError in line 2" in said(page.caption)
        assert "Agrees with **0 of 2** labels" in said(page.markdown)

    def test_code_that_can_not_be_read_is_told_at_its_field(self, page_world: PageWorld) -> None:
        page = page_world.open_in_frame("metrics", new=1)
        page.text_input(key="metrics-new-name").set_value("Bad")
        page.radio(key="metrics-new-type").set_value(MetricType.CUSTOM_CODE).run()
        page.text_area(key="metrics-new-code").set_value("if").run()
        [numbered] = [each for each in page.code if each.value == "if"]
        assert (numbered.language, numbered.proto.show_line_numbers) == ("python", True)
        press(page, "metrics-new-make")
        assert [error.value.replace("\\", "") for error in page.error] == [
            "The code can't be read: line 1: Expected an expression."
        ]

    def test_a_trigger_may_be_code(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        call(page_world, "good", metric)
        page = editing(page_world, metric)
        page.radio(key=f"metrics-trigger-{metric}").set_value(TriggerKind.CODE).run()
        assert "duration" in str(page.text_area(key=f"metrics-trigger-code-{metric}").value)
        page.text_area(key=f"metrics-trigger-code-{metric}").set_value("_result = False").run()
        press(page, f"metrics-{metric}-try")
        assert "code: N/A" in said(page.markdown)
        press(page, "metrics-save")
        assert details(page_world, metric).definition.trigger == Trigger(TriggerKind.CODE, "_result = False")


class TestADraft:
    def test_it_must_differ_and_be_one(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        call(page_world, "good", metric)
        page = editing(page_world, metric)
        assert page.button(key="metrics-draft-score").disabled
        assert "The draft says what version 1 says" in said(page.caption)
        page.text_area(key=f"metrics-description-{metric}").set_value(" ").run()
        assert page.button(key="metrics-draft-score").disabled
        assert "needs a description" in said(page.caption)

    def test_without_labels_it_leads_to_the_lab(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = editing(page_world, metric)
        page.text_area(key=f"metrics-description-{metric}").set_value("Kind?").run()
        assert page.button(key="metrics-draft-score").disabled
        assert "There is no such call yet." in said(page.caption)

    def test_it_says_what_it_takes_and_starts_a_trial_that_can_be_cancelled(
        self, page_world: PageWorld
    ) -> None:
        metric = add(page_world)
        call(page_world, "good", metric), call(page_world, "bad", metric, "false")
        page = editing(page_world, metric)
        page.text_area(key=f"metrics-description-{metric}").set_value("Kind?").run()
        assert "Judges 2 calls with the draft and with version 1: 4 model calls" in said(page.caption)
        press(page, "metrics-draft-score")
        (trial,) = stored_trials(page_world)
        assert trial.definition["description"] == "Kind?"
        assert details(page_world, metric).version == 1
        press(page, f"trial-cancel-{trial.id}")
        page.run()
        assert "Cancelled; nothing of it is shown." in said(page.caption)
        assert has(page, "metrics-draft-score")

    def test_flipped_rows_are_listed_with_both_verdicts(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        fixed, broken = call(page_world, "good", metric), call(page_world, "bad", metric)
        page = editing(page_world, metric)
        page.text_area(key=f"metrics-description-{metric}").set_value("Kind?").run()
        press(page, "metrics-draft-score")
        finish(page_world, {fixed: ("fixed", "false", "true"), broken: ("broken", "true", "false")})
        page.run()
        shown = said(page.markdown)
        assert [(each.label, each.value) for each in page.metric][:2] == [
            ("Live prompt", "1 of 2"),
            ("This draft", "1 of 2"),
        ]
        assert "Fixed (1)" in shown
        assert "Broken (1)" in shown
        assert r"\<b\>why\</b\>" in "\n".join(str(each.value) for each in page.markdown)
        page.text_area(key=f"metrics-description-{metric}").set_value("Kinder?").run()
        assert "This is what an earlier wording came to" in said(page.caption)

    def test_why_it_could_not_be_scored_is_said(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        call(page_world, "good", metric)
        page = editing(page_world, metric)
        page.text_area(key=f"metrics-description-{metric}").set_value("Kind?").run()
        press(page, "metrics-draft-score")
        finish(page_world, {}, "failed", "The model endpoint refused the key.")
        page.run()
        assert "That came to nothing: The model endpoint refused the key." in said(page.error)


class TestFiles:
    def test_a_file_fills_the_form_of_a_new_metric(self, page_world: PageWorld) -> None:
        made = add(page_world, CODE, name="Code", model="big", critical=True)
        file = metrics.metric_file(details(page_world, made))
        page = page_world.open_in_frame("metrics", new=1)
        page = upload(page, "metrics-new-file-0", file)
        assert page.text_input(key="metrics-new-name").value == "Code"
        assert page.text_area(key="metrics-new-code").value == CODE.custom_code
        page.text_input(key="metrics-new-name").set_value("Again")
        press(page, "metrics-new-make")
        again = metrics.retrieve(page_world.database, page_world.actor, "Again")
        assert (again.definition, again.model, again.critical) == (CODE, "big", True)

    def test_a_file_that_is_none_is_told(self, page_world: PageWorld) -> None:
        page = upload(page_world.open_in_frame("metrics", new=1), "metrics-new-file-0", "[1]")
        assert "does not hold a JSON object" in said(page.error)

    def test_a_file_opens_as_a_draft_of_a_metric(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        file = json.dumps({"description": "From a file?", "eval_type": "rating"})
        page = upload(opened(page_world, metric, "Prompt"), f"metrics-file-{metric}-0", file)
        assert page.text_area(key=f"metrics-description-{metric}").value == "From a file?"
        assert "another kind of answer: rating 0–5, while this metric is true or false" in said(page.info)
        assert details(page_world, metric).version == 1
        press(page, "metrics-save")
        assert details(page_world, metric).definition == Definition("From a file?")

    def test_what_is_exported_is_the_live_definition(self, page_world: PageWorld) -> None:
        metric = add(page_world, Definition(HOSTILE))
        page = opened(page_world, metric, "Settings")
        (button,) = page.get("download_button")
        assert button.proto.label == "Export as JSON"
        assert json.loads(metrics.metric_file(details(page_world, metric)))["description"] == HOSTILE


class TestSettings:
    def test_they_are_saved_and_said(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = opened(page_world, metric, "Settings")
        page.text_input(key=f"metrics-set-name-{metric}").set_value(HOSTILE)
        page.radio(key=f"metrics-set-eval-type-{metric}").set_value(EvalType.RATING).run()
        page.number_input(key=f"metrics-set-tolerance-{metric}").set_value(0.5)
        page.text_input(key=f"metrics-set-model-{metric}").set_value("larger")
        page.toggle(key=f"metrics-set-critical-{metric}").set_value(True)
        press(page, "metrics-set-save")
        found = details(page_world, metric)
        assert (found.name, found.model, found.critical) == (HOSTILE, "larger", True)
        assert found.settings == EvalSettings(EvalType.RATING, (), 0.5)
        assert "are saved" in said(page.success)

    def test_a_kind_of_answer_that_labels_forbid_is_told(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        call(page_world, "good", metric)
        page = opened(page_world, metric, "Settings")
        page.radio(key=f"metrics-set-eval-type-{metric}").set_value(EvalType.RATING).run()
        press(page, "metrics-set-save")
        assert "1 row is labelled as true or false, which would mean nothing as ratings" in said(page.error)
        assert details(page_world, metric).settings == EvalSettings()

    def test_who_was_overtaken_overwrites_nothing(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        page = opened(page_world, metric, "Settings")
        seen = settings_of(details(page_world, metric))
        theirs = type(seen)("Theirs", seen.settings, "their-model")
        metrics.edit_settings(page_world.database, page_world.actor, metric, theirs, seen=seen)
        page.text_input(key=f"metrics-set-name-{metric}").set_value("Mine")
        press(page, "metrics-set-save")
        assert settings_of(details(page_world, metric)) == theirs
        assert "Somebody changed these settings" in said(page.warning)
        press(page, "metrics-set-reload")
        assert page.text_input(key=f"metrics-set-name-{metric}").value == "Theirs"
        page.text_input(key=f"metrics-set-name-{metric}").set_value("Mine")
        press(page, "metrics-set-save")
        assert (details(page_world, metric).name, details(page_world, metric).model) == (
            "Mine",
            "their-model",
        )

    def test_marking_it_critical_tells_what_becomes_of_its_schedules(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        schedules.add(page_world.database, page_world.actor, page_world.project_id, [metric], "@weekly")
        page = opened(page_world, metric, "Settings")
        page.toggle(key=f"metrics-set-critical-{metric}").set_value(True).run()
        assert "Schedules with auto-apply become read-only for this metric" in said(page.caption)

    @pytest.mark.parametrize(("role", "form"), [(Role.EDITOR, True), (Role.LABELLER, False)])
    def test_an_editor_sees_the_form_and_never_lifts_the_mark(
        self, page_world: PageWorld, role: Role, form: bool
    ) -> None:
        metric = add(page_world, critical=True)
        page_world.sign_in_as("someone@clinic.test", role)
        page = opened(page_world, metric, "Settings")
        assert has(page, "metrics-set-save") is form
        if form:
            assert page.toggle(key=f"metrics-set-critical-{metric}").disabled
        page = opened(page_world, metric, "Prompt")
        assert has(page, "metrics-edit") is form


def upload(page: AppTest, key: str, text: str) -> AppTest:
    page.file_uploader(key=key).upload("metric.json", text.encode(), "application/json").run()
    assert not page.exception
    return page


def stored_trials(world: PageWorld) -> list[Trial]:
    with world.database.read() as session:
        return list(session.query(Trial).order_by(Trial.id))


def finish(
    world: PageWorld, rows: dict[int, tuple[str, str, str]], status: str = "finished", error: str = ""
) -> None:
    """As a worker leaves a trial; each row is what became of it and both verdicts."""
    (trial,) = stored_trials(world)
    version = metrics.list_versions(world.database, world.actor, trial.metric_id)
    assert version[0].live
    with world.database.write() as session:
        stored = session.get_one(Trial, trial.id)
        job = session.query(Job).filter_by(kind="trial", subject_id=trial.id).one()
        job.status, job.error = status, error
        if status != "finished":
            return
        stored.base_version_id = session.get_one(Metric, trial.metric_id).live_version_id
        stored.base_revision = 1
        stored.baseline_correct, stored.baseline_total = 1, 2
        stored.tried_correct, stored.tried_total = 1, 2
        for call_id, (change, before, after) in rows.items():
            session.add(
                TrialRow(
                    trial_id=trial.id,
                    call_id=call_id,
                    expected_value="true",
                    change=change,
                    before_status="answered",
                    before_value=before,
                    after_status="answered",
                    after_value=after,
                    after_explanation="<b>why</b>",
                )
            )
