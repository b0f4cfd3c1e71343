"""On a result's page: edit before applying, try on recent calls, the guard, what changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from core import lab, metrics
from core.models import Metric, MetricReview, Proposal, Result, Trial
from core.project_settings import update_project
from core.terms import Definition, EvalSettings, EvalType, Outcome, Role
from core.trials import RowChange, Scope
from tests.page_world import PageWorld, page_world
from tests.pages.test_runs import HOSTILE, keys, links, opened, proposal_of, words
from tests.run_history import LIVE, REWRITTEN, RunHistory

__all__ = ["page_world"]

EDITED = f"{REWRITTEN} A short goodbye is enough."


@pytest.fixture
def history(page_world: PageWorld) -> RunHistory:
    return RunHistory(page_world.database, page_world.actor, page_world.project_id)


@pytest.fixture
def metric(history: RunHistory) -> int:
    made = history.metric()
    history.review(made, "call-1", "true")
    return made


@pytest.fixture
def result(history: RunHistory, metric: int) -> int:
    return proposal_of(history, metric)


def editor(world: PageWorld, history: RunHistory, result: int) -> AppTest:
    page = opened(world, history, result)
    page.button(key=f"runs-edit-{result}").click().run()
    assert page.query_params["edit"] == "1"
    return page


def trial_of(history: RunHistory) -> Trial:
    with history.database.read() as session:
        return session.scalars(select(Trial).order_by(Trial.id.desc())).first() or Trial()


def label_of(history: RunHistory, review_id: int) -> str | None:
    with history.database.read() as session:
        return session.get_one(MetricReview, review_id).expected_value


def live(history: RunHistory, metric: int) -> Definition:
    return metrics.retrieve(history.database, history.actor, metric).definition


def test_an_edit_is_scored_before_it_can_be_applied(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    page = editor(page_world, history, result)
    text = page.text_area(key=f"runs-description-{result}")
    assert text.value == REWRITTEN
    text.set_value(EDITED).run()
    assert "On 1 label: 2 model calls" in words(page)
    page.button(key=f"runs-score-edit-{result}").click().run()
    assert "Redis does not answer" in words(page)
    trial = trial_of(history)
    assert trial.definition["description"] == EDITED
    assert not any(key.startswith("runs-apply-edit") for key in keys(page))
    assert live(history, metric).description == LIVE


def test_a_scored_edit_shows_its_score_and_is_applied(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    trial = history.trial(metric, Definition(EDITED), result_id=result, baseline=(0, 1), tried=(1, 1))
    review = history.review(metric, HOSTILE, "true", HOSTILE)
    history.trial_row(trial, review, RowChange.FIXED, "true", "false", "true")
    page = editor(page_world, history, result)
    assert page.text_area(key=f"runs-description-{result}").value == EDITED, "it goes on from the last edit"
    shown = {metric.label: metric.value for metric in page.metric}
    assert (shown["Your edit"], shown["Change"]) == ("1 of 1", "+1 row")
    assert "Fixed (1)" in words(page) and "**bold**" not in words(page)
    page.button(key=f"runs-apply-edit-{trial}").click().run()
    assert "edited first: it became version 2" in words(page)
    assert live(history, metric).description == EDITED
    assert "edit" not in page.query_params


def test_an_edit_that_scores_lower_cannot_be_applied(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    trial = history.trial(metric, Definition(EDITED), result_id=result, baseline=(1, 1), tried=(0, 1))
    page = editor(page_world, history, result)
    assert page.button(key=f"runs-apply-edit-{trial}").disabled
    assert "a lower score is never applied" in words(page)


def test_a_text_changed_after_its_score_has_to_be_scored_again(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    trial = history.trial(metric, Definition(EDITED), result_id=result, baseline=(0, 1), tried=(1, 1))
    page = editor(page_world, history, result)
    page.text_area(key=f"runs-description-{result}").set_value("Something else.").run()
    assert page.button(key=f"runs-apply-edit-{trial}").disabled
    assert "Score the text as it is now" in words(page)


def test_some_fields_of_a_proposal_can_be_left_as_they_are_live(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    with history.database.write() as session:
        found = session.get_one(Result, result)
        candidate = dict(found.candidate or {})
        trigger = {"kind": "prompt", "text": "The caller is angry."}
        candidate["definition"] = {**candidate["definition"], "evaluation_trigger": trigger}
        found.candidate = candidate
    page = editor(page_world, history, result)
    page.pills(key=f"runs-taken-{result}").set_value(["evaluation_trigger"]).run()
    assert not [area for area in page.text_area if area.key == f"runs-description-{result}"]
    page.button(key=f"runs-score-edit-{result}").click().run()
    tried = trial_of(history).definition
    assert (tried["description"], tried["evaluation_trigger"]) == (LIVE, trigger)


def test_an_edit_that_is_the_live_definition_is_refused_in_one_sentence(
    page_world: PageWorld, history: RunHistory, result: int
) -> None:
    page = editor(page_world, history, result)
    page.text_area(key=f"runs-description-{result}").set_value(LIVE).run()
    page.button(key=f"runs-score-edit-{result}").click().run()
    assert any("live definition says already" in error.value for error in page.error)


def test_the_editor_closes_again_and_is_not_for_who_only_looks(
    page_world: PageWorld, history: RunHistory, result: int
) -> None:
    page = editor(page_world, history, result)
    page.button(key=f"runs-edit-{result}").click().run()
    assert "edit" not in page.query_params
    page_world.sign_in_as("viewer@clinic.test", Role.VIEWER)
    page = opened(page_world, history, result)
    assert page.button(key=f"runs-edit-{result}").disabled
    assert page.button(key=f"runs-try-{result}").disabled if f"runs-try-{result}" in keys(page) else True


def test_what_came_to_nothing_is_said_with_its_cause(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    history.trial(metric, Definition(EDITED), result_id=result, status="failed", error="The key was refused.")
    page = editor(page_world, history, result)
    assert any("The key was refused" in error.value for error in page.error)


def test_a_proposal_that_was_not_scored_is_scored_and_then_applied(
    page_world: PageWorld, history: RunHistory, result: int
) -> None:
    with history.database.write() as session:
        session.execute(update(Proposal).values(scored=False))
        session.execute(update(Result).values(optimised_correct=None, optimised_total=None))
    page = opened(page_world, history, result)
    assert "was not scored on the labels" in words(page)
    apply = page.button(key=f"runs-apply-{result}")
    assert apply.label == "Score, then apply"
    apply.click().run()
    assert trial_of(history).options["then_apply"] is True
    assert page.button(key=f"runs-apply-{result}").disabled


def test_a_proposal_that_scores_lower_by_the_labels_of_today_has_no_apply(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    history.trial(metric, Definition(REWRITTEN), result_id=result, baseline=(8, 10), tried=(6, 10))
    page = opened(page_world, history, result)
    assert f"runs-apply-{result}" not in keys(page)
    assert "Scored again" in words(page) and "A lower score is never applied" in words(page)
    assert "Open in editor" in links(page)


def test_recent_calls_are_tried_after_an_estimate(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    history.review(metric, "new-1", None)
    page = opened(page_world, history, result)
    assert "2 model calls" in words(page)
    page.button(key=f"runs-try-{result}").click().run()
    assert trial_of(history).scope == Scope.RECENT
    assert "Redis does not answer" in words(page)


def test_a_mark_on_a_flipped_verdict_becomes_a_label(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    review = history.review(metric, HOSTILE, None)
    trial = history.trial(metric, Definition(REWRITTEN), scope=Scope.RECENT, result_id=result)
    row = history.trial_row(trial, review, RowChange.FLIPPED, None, "true", "false")
    other = history.review(metric, "same", None)
    history.trial_row(trial, other, RowChange.SAME, None, "true", "true")
    page = opened(page_world, history, result)
    assert "The verdict flips on 1 of 2 calls" in words(page)
    page.text_input(key=f"runs-flip-note-{row}").set_value("It ended badly.").run()
    page.button(key=f"runs-flip-proposed-{row}").click().run()
    with history.database.read() as session:
        labelled = session.get_one(MetricReview, review)
    assert (labelled.expected_value, labelled.feedback) == ("false", "It ended badly.")
    page.selectbox(key=f"runs-flip-value-{row}").set_value("N/A").run()
    page.button(key=f"runs-flip-save-{row}").click().run()
    with history.database.read() as session:
        assert session.get_one(MetricReview, review).expected_value == "N/A"


def test_a_label_given_meanwhile_is_said_and_not_replaced_by_a_mark(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    review = history.review(metric, "new-1", None)
    trial = history.trial(metric, Definition(REWRITTEN), scope=Scope.RECENT, result_id=result)
    row = history.trial_row(trial, review, RowChange.FLIPPED, None, "true", "false")
    page = opened(page_world, history, result)
    lab.label(page_world.database, page_world.actor, review, True, HOSTILE)
    page.button(key=f"runs-flip-proposed-{row}").click().run()
    said = "".join(error.value for error in page.error).replace("\\", "")
    assert f"Local admin labelled this call “true” with the note “{HOSTILE}”" in said
    assert "nothing was overwritten" in said
    assert "labelled true" in words(page)
    assert label_of(history, review) == "true"
    page.button(key=f"runs-flip-proposed-{row}").click().run()
    assert label_of(history, review) == "false", "whoever has read it may say otherwise"


def test_flips_show_to_a_viewer_without_marks(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    review = history.review(metric, "new-1", None)
    trial = history.trial(metric, Definition(REWRITTEN), scope=Scope.RECENT, result_id=result)
    row = history.trial_row(trial, review, RowChange.FLIPPED, None, "true", "false")
    page_world.sign_in_as("viewer@clinic.test", Role.VIEWER)
    page = opened(page_world, history, result)
    assert "The verdict flips on 1 of 1 calls" in words(page)
    assert f"runs-flip-proposed-{row}" not in keys(page)


def test_without_new_calls_there_is_nothing_to_try(
    page_world: PageWorld, history: RunHistory, result: int
) -> None:
    page = opened(page_world, history, result)
    assert "Every call of the project has a label" in words(page)
    assert f"runs-try-{result}" not in keys(page)


def test_a_superseded_proposal_shows_what_changed_meanwhile(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    revision = metrics.retrieve(history.database, history.actor, metric).revision
    metrics.edit_definition(
        history.database,
        history.actor,
        metric,
        Definition("By hand."),
        expected_revision=revision,
        comment=HOSTILE,
    )
    page = opened(page_world, history, result)
    said = words(page)
    assert "What changed meanwhile" in said and "Version 2 by admin@localhost" in said.replace("\\", "")
    assert "Superseded by an edit" in said and "**bold**" not in said
    assert f"runs-again-{result}" in keys(page) and f"runs-apply-{result}" not in keys(page)


def test_a_stale_result_says_what_was_edited_and_labelled_meanwhile_and_offers_to_run_again(
    page_world: PageWorld, history: RunHistory, metric: int
) -> None:
    result = history.result(metric, Outcome.STALE, baseline=(5, 10), optimised=(7, 10))
    with history.database.read() as session:
        review = session.scalars(select(MetricReview.id)).one()
    history.row(result, review, "true", "false", "true")
    lab.label(history.database, history.actor, review, False)
    metrics.edit_definition(
        history.database,
        history.actor,
        metric,
        Definition("By hand."),
        expected_revision=1,
        comment="Kinder.",
    )
    said = words(opened(page_world, history, result)).replace("\\", "")
    assert "Version 2 by admin@localhost" in said and "Kinder." in said
    assert "1 label was given, changed or taken back." in said
    assert "“Run again” starts from the metric and the labels as they are now." in said
    assert "cannot be compared" not in said
    assert f"runs-again-{result}" in keys(opened(page_world, history, result))


def test_settings_that_were_changed_meanwhile_are_named(page_world: PageWorld, history: RunHistory) -> None:
    metric, other = history.metric("Fresh"), history.metric("Other")
    result = proposal_of(history, metric)
    resettled(history, other, model="somebody's")
    resettled(history, metric, name="Polite, always", model="judge-2")
    resettled(history, metric, settings=EvalSettings(EvalType.RATING, (), 0.5))
    resettled(history, metric, model="judge-3", critical=True)
    said = words(opened(page_world, history, result)).replace("\\", "")
    assert "The model: the project's → “judge-3”" in said
    assert "The type of answer: True or false → Rating 0–5" in said
    assert "The tolerance: 0 → 0.5" in said
    assert "cannot be compared" in said and "given, changed" not in said and "somebody" not in said


def test_settings_that_were_put_back_are_said_without_a_name(
    page_world: PageWorld, history: RunHistory, result: int, metric: int
) -> None:
    resettled(history, metric, model="judge-2")
    resettled(history, metric, model=None)
    said = words(opened(page_world, history, result))
    assert "The metric's settings were changed." in said and "judge-2" not in said


def test_another_model_of_the_project_is_said_and_the_proposal_can_be_scored_again(
    page_world: PageWorld, history: RunHistory, result: int, metric: int
) -> None:
    with history.database.write() as session:
        session.get_one(Result, result).started_at = datetime.now(UTC) - timedelta(minutes=1)
    update_project(
        history.database, history.actor, history.project_id, name="Clinic", timezone="UTC", model="m-2"
    )
    page = opened(page_world, history, result)
    assert "The project's model: the installation's → “m-2”" in words(page).replace("\\", "")
    assert {f"runs-score-{result}", f"runs-apply-{result}"} <= keys(page)
    resettled(history, metric, model="m-1")
    assert "The project's model" not in words(opened(page_world, history, result)), "it asks its own"


def resettled(history: RunHistory, metric: int, **changes: Any) -> None:
    seen = metrics.settings_of(metrics.retrieve(history.database, history.actor, metric))
    metrics.edit_settings(history.database, history.actor, metric, replace(seen, **changes), seen=seen)


def test_the_guard_and_the_log_are_told(page_world: PageWorld, history: RunHistory, metric: int) -> None:
    result = history.result(
        metric, Outcome.REGRESSED, baseline=(8, 10), optimised=(6, 10), log=["Read 4 notes."], labelled=10
    )
    page = opened(page_world, history, result)
    titles = [expander.label for expander in page.expander]
    assert "The guard: 1 thing speaks against applying it" in titles
    assert "A lower score is never applied, by nobody" in words(page).replace("\\", "")
    assert "Read 4 notes" in words(page)


def test_a_label_changed_after_an_edit_was_scored_is_said(
    page_world: PageWorld, history: RunHistory, metric: int, result: int
) -> None:
    trial = history.trial(metric, Definition(EDITED), result_id=result, baseline=(0, 1), tried=(1, 1))
    with history.database.read() as session:
        review = session.scalars(select(MetricReview.id)).first() or 0
    lab.label(history.database, history.actor, review, False)
    page = editor(page_world, history, result)
    assert "Labels were changed after this was scored" in words(page)
    page.button(key=f"runs-apply-edit-{trial}").click().run()
    with history.database.read() as session:
        assert session.scalars(select(Metric.revision)).one() == 2
