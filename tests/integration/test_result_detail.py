"""One result: what a person needs to decide on it, and its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core import lab, metrics, runs
from core.db import Database
from core.errors import NotFound
from core.judging.changes import RowChange
from core.models import Result
from core.runs.result_detail import CitedLabel, ResultDetail, result_detail
from core.runs.result_rows import result_rows, row_call
from core.runs.settings_since import SettingChange
from core.terms import Actor, EvalSettings, EvalType, Outcome, Role, Score
from tests.databases import on_both
from tests.run_history import LIVE, REWRITTEN, RunHistory
from tests.world import founded, person


@pytest.fixture
def people(database: Database) -> dict[Role, Actor]:
    return founded(database)[1]


@pytest.fixture
def history(database: Database, people: dict[Role, Actor]) -> RunHistory:
    return RunHistory(database, people[Role.ADMIN], 1)


def detail(history: RunHistory, result_id: int) -> ResultDetail:
    return result_detail(history.database, history.actor, result_id)


def proposed(history: RunHistory, metric_id: int) -> int:
    return history.result(metric_id, Outcome.PROPOSED, baseline=(6, 10), optimised=(8, 10))


def test_a_result_shows_both_definitions_and_the_labels_its_rules_rest_on(history: RunHistory) -> None:
    metric = history.metric()
    review = history.review(metric, "call-1", "false", "It ended badly.")
    result = history.result(
        metric,
        Outcome.PROPOSED,
        baseline=(6, 10),
        optimised=(8, 10),
        held_out={"baseline": {"correct": 2, "total": 4}, "optimised": {"correct": 3, "total": 4}},
        rules=[("The closing line decides.", [review, 404])],
    )
    found = detail(history, result)
    assert found.before is not None and found.before["description"] == LIVE
    assert found.after is not None and found.after["description"] == REWRITTEN
    assert found.held_out == (Score(2, 4), Score(3, 4))
    (rule,) = found.rules
    assert rule.labels == (CitedLabel(review, "call-1", "false", "It ended badly."),)
    assert found.waits and found.meanwhile is None


@on_both
def test_a_superseded_proposal_leads_to_the_one_that_replaced_it(history: RunHistory) -> None:
    metric = history.metric()
    first = proposed(history, metric)
    history.result(metric, Outcome.REGRESSED, baseline=(6, 10), optimised=(5, 10))
    second = proposed(history, metric)
    found = detail(history, first).proposal
    assert found is not None and found.state == "superseded"
    assert found.replaced_by is not None and found.replaced_by.result_id == second
    assert detail(history, second).waits


def test_a_proposal_that_an_edit_superseded_leads_to_no_later_run(history: RunHistory) -> None:
    metric = history.metric()
    first = proposed(history, metric)
    with history.database.write() as session:
        metrics.supersede_waiting(session, metric, "an edit (version 2)")
    later = proposed(history, metric)
    with history.database.write() as session:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        session.execute(update(Result).where(Result.id == later).values(started_at=tomorrow))
    found = detail(history, first).proposal
    assert found is not None and (found.superseded_by, found.replaced_by) == ("an edit (version 2)", None)
    assert detail(history, later).waits


def test_a_rejected_proposal_says_who_and_why(history: RunHistory) -> None:
    result = proposed(history, history.metric())
    waiting = detail(history, result).proposal
    assert waiting is not None
    runs.reject(history.database, history.actor, waiting.id, "Too strict.")
    found = detail(history, result).proposal
    assert found is not None
    assert (found.state, found.closed_by, found.closed_reason) == (
        "rejected",
        history.actor.name,
        "Too strict.",
    )


def test_labels_given_after_the_run_began_are_counted(history: RunHistory) -> None:
    metric = history.metric()
    review = history.review(metric, "call-1", "true")
    result = proposed(history, metric)
    assert detail(history, result).labels_changed == 0
    lab.label(history.database, history.actor, review, False)
    assert detail(history, result).labels_changed == 1


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.LABELLER, False), (Role.EDITOR, True)])
def test_only_an_editor_may_decide(
    history: RunHistory, people: dict[Role, Actor], role: Role, may: bool
) -> None:
    result = proposed(history, history.metric())
    assert result_detail(history.database, people[role], result).may_decide is may


@on_both
def test_rows_are_told_apart_by_what_the_candidate_did_to_them(history: RunHistory) -> None:
    metric = history.metric()
    result = proposed(history, metric)
    answers = {
        "fixed": ("true", "false", "true"),
        "broken": ("true", "true", "false"),
        "wrong": ("true", "false", "false"),
        "right": ("false", "false", "false"),
        "read at last": ("true", "?", "true"),
        "unreadable now": ("true", "true", "?"),
        "never came": ("true", "false", "-"),
    }
    for name, (expected, before, after) in answers.items():
        history.row(result, history.review(metric, name, expected), expected, before, after)
    assert names(history, result, RowChange.FIXED) == ["fixed", "read at last"]
    assert names(history, result, RowChange.BROKEN) == ["broken", "unreadable now"]
    assert names(history, result, RowChange.STILL_WRONG) == ["wrong"]
    assert names(history, result, RowChange.AGREES) == ["right"]
    assert names(history, result, RowChange.NOT_JUDGED) == ["never came"]


def test_numbers_within_the_tolerance_agree(history: RunHistory) -> None:
    metric = history.metric(settings=EvalSettings(EvalType.RATING, tolerance=1.0))
    result = proposed(history, metric)
    history.row(result, history.review(metric, "near", "4"), "4", "2", "3")
    history.row(result, history.review(metric, "far", "4"), "4", "3", "2")
    assert names(history, result, RowChange.FIXED) == ["near"]
    assert names(history, result, RowChange.BROKEN) == ["far"]


def test_without_a_candidate_a_row_agrees_or_does_not(history: RunHistory) -> None:
    metric = history.metric()
    result = history.result(metric, Outcome.NO_CHANGES, baseline=(1, 2))
    history.row(result, history.review(metric, "right", "true"), "true", "true", None)
    history.row(result, history.review(metric, "wrong", "true"), "true", "false", None)
    assert names(history, result, RowChange.AGREES) == ["right"]
    assert names(history, result, RowChange.STILL_WRONG) == ["wrong"]


def test_rows_come_in_pages_with_the_count_of_all(history: RunHistory) -> None:
    metric = history.metric()
    result = proposed(history, metric)
    for number in range(7):
        review = history.review(metric, f"call-{number}", "true")
        history.row(result, review, "true", "false", "true")
    page = result_rows(history.database, history.actor, result, RowChange.FIXED, offset=5, limit=5)
    assert [row.external_id for row in page.rows] == ["call-5", "call-6"]
    assert page.counts[RowChange.FIXED] == 7


def test_a_row_opens_its_call(history: RunHistory) -> None:
    metric = history.metric()
    review = history.review(metric, "call-1", "true")
    found = row_call(history.database, history.actor, proposed(history, metric), review)
    assert found.external_id == "call-1"
    assert [turn.said for turn in found.transcript.first] == ["This is call-1."]


def test_a_call_of_another_metrics_lab_is_not_opened_through_a_result(history: RunHistory) -> None:
    result = proposed(history, history.metric("Polite"))
    elsewhere = history.review(history.metric("Brief"), "call-1", "true")
    with pytest.raises(NotFound):
        row_call(history.database, history.actor, result, elsewhere)


def test_nobody_from_outside_sees_a_result(history: RunHistory) -> None:
    result = proposed(history, history.metric())
    stranger = person(history.database, "stranger@elsewhere.test")
    with pytest.raises(NotFound):
        result_detail(history.database, stranger, result)
    with pytest.raises(NotFound):
        result_rows(history.database, stranger, result, RowChange.FIXED)
    with pytest.raises(NotFound):
        row_call(history.database, stranger, result, 1)


def test_a_result_that_is_not_there_is_said_so(history: RunHistory) -> None:
    with pytest.raises(NotFound):
        detail(history, 404)
    with pytest.raises(NotFound):
        result_rows(history.database, history.actor, 404, RowChange.FIXED)


def names(history: RunHistory, result_id: int, change: RowChange) -> list[str]:
    page = result_rows(history.database, history.actor, result_id, change, limit=50)
    return [row.external_id for row in page.rows]


@on_both
def test_the_settings_that_changed_since_are_found_under_every_name_the_metric_had(
    history: RunHistory,
) -> None:
    metric, other = history.metric("Polite"), history.metric("Brief")
    result = proposed(history, metric)
    edits: list[tuple[int, dict[str, Any]]] = [
        (metric, {"name": "Kind", "model": "judge-2"}),
        (other, {"name": "Polite", "model": "judge-9"}),
        (metric, {"name": "Warm", "model": "judge-3"}),
    ]
    for metric_id, changes in edits:
        seen = metrics.settings_of(metrics.retrieve(history.database, history.actor, metric_id))
        metrics.edit_settings(history.database, history.actor, metric_id, replace(seen, **changes), seen=seen)
    found = detail(history, result).meanwhile
    assert found is not None and found.resettled and found.count == 0
    assert found.settings == (SettingChange("model", None, "judge-3"),)
