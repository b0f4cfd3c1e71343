"""How a project stands: live scores, what waits for a person, what is going on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import metrics, runs, schedules
from core.db import Database
from core.errors import NotAllowed, NotFound
from core.models import MetricReview, Proposal
from core.runs.attention import Need
from core.runs.going import going_in_project, going_in_run
from core.runs.listing import RunFilter, page_of_runs
from core.runs.overview import MetricCard, Overview, overview, page_of_cards
from core.terms import Definition, Outcome, Role, Score
from tests.databases import on_both
from tests.run_history import RunHistory
from tests.world import founded, person


@pytest.fixture
def history(database: Database) -> RunHistory:
    project_id, people = founded(database)
    return RunHistory(database, people[Role.ADMIN], project_id)


def seen(history: RunHistory) -> Overview:
    return overview(history.database, history.actor, history.project_id)


def card(history: RunHistory) -> MetricCard:
    return page_of_cards(history.database, history.actor, history.project_id).cards[0]


def edit(history: RunHistory, metric_id: int, description: str) -> None:
    revision = metrics.retrieve(history.database, history.actor, metric_id).revision
    definition = Definition(description)
    metrics.edit_definition(
        history.database, history.actor, metric_id, definition, expected_revision=revision
    )


@on_both
def test_the_live_score_is_the_baseline_until_a_candidate_is_applied(history: RunHistory) -> None:
    metric = history.metric()
    history.result(metric, Outcome.REGRESSED, baseline=(6, 10), optimised=(5, 10))
    second = history.result(metric, Outcome.PROPOSED, baseline=(7, 10), optimised=(9, 10))
    found = card(history)
    assert [point.score for point in found.points] == [Score(6, 10), Score(7, 10)]
    proposal = found.waiting
    assert proposal is not None and proposal.result_id == second
    runs.apply(history.database, history.actor, proposal.proposal_id)
    applied = card(history)
    assert applied.latest is not None and applied.latest.score == Score(9, 10)
    assert applied.previous is not None and applied.previous.score == Score(7, 10), "on the same labels"
    assert (applied.version, applied.edited_since, applied.waiting) == (2, False, None)


def test_a_failed_run_says_nothing_about_the_live_score(history: RunHistory) -> None:
    metric = history.metric()
    history.result(metric, Outcome.NO_CHANGES, baseline=(8, 8))
    history.result(metric, Outcome.FAILED, baseline=(1, 2))
    assert [point.score for point in card(history).points] == [Score(8, 8)]


def test_a_score_from_before_an_edit_is_marked(history: RunHistory) -> None:
    metric = history.metric()
    history.result(metric, Outcome.NO_CHANGES, baseline=(8, 8))
    edit(history, metric, "Was the agent friendly?")
    found = card(history)
    assert found.edited_since
    assert found.latest is not None and found.latest.score == Score(8, 8)


def test_a_metric_without_a_run_has_no_score(history: RunHistory) -> None:
    metric = history.metric()
    history.review(metric, "call-1", "true")
    found = seen(history)
    assert (card(history).latest, card(history).previous, found.scored) == (None, None, False)
    assert (found.calls, found.labelled) == (1, 1)


@on_both
def test_only_the_newest_points_are_kept_for_the_sparkline(history: RunHistory) -> None:
    metric = history.metric()
    for correct in range(35):
        history.result(metric, Outcome.NO_CHANGES, baseline=(correct, 40))
    assert [point.score.correct for point in card(history).points] == list(range(5, 35))


@on_both
def test_trouble_is_over_when_a_later_run_of_the_metric_is_well(history: RunHistory) -> None:
    polite, brief = history.metric("Polite"), history.metric("Brief")
    history.result(polite, Outcome.FAILED, reason="The endpoint refused the key.")
    history.result(brief, Outcome.OVER_BUDGET)
    assert {trouble.metric for trouble in seen(history).troubles} == {"Polite", "Brief"}
    history.result(brief, Outcome.NO_CHANGES)
    (trouble,) = seen(history).troubles
    assert (trouble.metric, trouble.reason) == ("Polite", "The endpoint refused the key.")


def test_a_cancelled_run_does_not_hide_the_failure_before_it(history: RunHistory) -> None:
    metric = history.metric()
    history.result(metric, Outcome.FAILED)
    history.result(metric, Outcome.CANCELLED)
    assert [trouble.outcome for trouble in seen(history).troubles] == [Outcome.FAILED]


@on_both
def test_cards_come_page_by_page_each_with_its_own_points(history: RunHistory) -> None:
    for number in range(5):
        metric = history.metric(f"Metric {number}")
        history.result(metric, Outcome.NO_CHANGES, baseline=(number, 10))
    place = history.database, history.actor, history.project_id
    page = page_of_cards(*place, offset=2, limit=2)
    assert page.total == 5
    assert [(card.name, card.points[-1].score.correct) for card in page.cards] == [
        ("Metric 2", 2),
        ("Metric 3", 3),
    ]


@on_both
def test_what_waits_is_cut_off_but_counted(history: RunHistory) -> None:
    for number in range(4):
        history.result(history.metric(f"A {number}"), Outcome.PROPOSED, baseline=(1, 4), optimised=(2, 4))
        history.result(history.metric(f"B {number}"), Outcome.FAILED)
    found = overview(history.database, history.actor, history.project_id, limit=3)
    assert (len(found.waiting), found.waiting_count) == (3, 4)
    assert (len(found.troubles), found.trouble_count) == (3, 4)
    assert [one.metric for one in found.waiting] == ["A 0", "A 1", "A 2"]
    assert [one.metric for one in found.troubles] == ["B 3", "B 2", "B 1"]


@on_both
def test_the_runs_behind_what_waits_and_what_is_in_trouble_are_found(history: RunHistory) -> None:
    polite, brief = history.metric("Polite"), history.metric("Brief")
    history.result(polite, Outcome.FAILED)
    strict = history.result(polite, Outcome.NOT_ENOUGH_EVIDENCE, baseline=(1, 4), optimised=(2, 4))
    with history.database.write() as session:
        session.add(Proposal(metric_id=polite, result_id=strict))
    history.result(brief, Outcome.PROPOSED, baseline=(1, 4), optimised=(2, 4))
    history.result(brief, Outcome.PROPOSED, baseline=(1, 4), optimised=(3, 4))
    history.result(brief, Outcome.OVER_BUDGET)
    place = history.database, history.actor, history.project_id
    found = {need: page_of_runs(*place, RunFilter(needs=need)) for need in Need}
    assert [run.id for run in found[Need.DECISION].runs] == [4, 2], "superseded ones no longer wait"
    assert [run.id for run in found[Need.LOOK].runs] == [5], "what failed before is over"


@on_both
def test_a_schedule_is_idle_when_its_last_run_found_nothing_and_nobody_labelled_since(
    history: RunHistory,
) -> None:
    metric = history.metric()
    place = history.database, history.actor, history.project_id
    schedule = schedules.add(*place, [metric], "0 6 * * 1", name="Weekly")
    assert schedules.idle_schedules(*place).total == 0
    run_id = history.run(trigger="schedule", schedule_id=schedule.id)
    history.result(metric, Outcome.NO_CHANGES, run_id=run_id, baseline=(3, 3))
    (idle,) = schedules.idle_schedules(*place).schedules
    assert (idle.name, idle.last_run_id) == ("Weekly", run_id)
    review = history.review(metric, "call-1", "true")
    with history.database.write() as session:
        session.get_one(MetricReview, review).labelled_at = datetime.now(UTC)
    assert schedules.idle_schedules(*place).total == 0


def test_a_schedule_whose_last_run_proposed_or_that_is_paused_is_not_idle(history: RunHistory) -> None:
    place = history.database, history.actor, history.project_id
    busy, paused = history.metric("Busy"), history.metric("Paused")
    for metric, outcome in ((busy, Outcome.PROPOSED), (paused, Outcome.NO_CHANGES)):
        schedule = schedules.add(*place, [metric], "0 6 * * 1", name=f"Of {metric}")
        run_id = history.run(trigger="schedule", schedule_id=schedule.id)
        history.result(metric, outcome, run_id=run_id, baseline=(1, 4), optimised=(2, 4))
    schedules.pause(history.database, history.actor, schedule.id)
    assert schedules.idle_schedules(*place).total == 0


def test_what_goes_on_is_shown_with_its_pace(history: RunHistory) -> None:
    metric = history.metric()
    result = history.result(metric, None)
    began = datetime.now(UTC) - timedelta(seconds=60)
    progress = {"stage": "Judging the live prompt", "calls_done": 30, "calls_expected": 90}
    history.job(result, status="running", started_at=began, **progress)
    (going,) = going_in_project(history.database, history.actor, history.project_id).results
    assert (going.metric, going.working, going.stage) == ("Polite", True, "Judging the live prompt")
    assert going.share == pytest.approx(1 / 3)
    assert going.seconds_left is not None and going.seconds_left > 100
    same = going_in_run(history.database, history.actor, going.run_id).results
    assert [one.result_id for one in same] == [result]


def test_of_many_the_first_that_a_worker_has_are_shown_and_the_rest_counted(history: RunHistory) -> None:
    for number in range(5):
        result = history.result(history.metric(f"Metric {number}"), None)
        history.job(result, status="running" if number > 2 else "queued")
    going = going_in_project(history.database, history.actor, history.project_id, limit=3)
    assert [one.metric for one in going.results] == ["Metric 3", "Metric 4", "Metric 0"]
    assert (going.total, going.more) == (5, 2)


def test_nothing_goes_on_when_every_result_is_done(history: RunHistory) -> None:
    result = history.result(history.metric(), Outcome.NO_CHANGES)
    history.job(result, status="finished")
    assert going_in_project(history.database, history.actor, history.project_id).results == ()


def test_a_run_that_is_not_there_is_said_so(history: RunHistory) -> None:
    with pytest.raises(NotFound):
        going_in_run(history.database, history.actor, 404)


def test_nobody_from_outside_sees_how_a_project_stands(history: RunHistory) -> None:
    stranger = person(history.database, "stranger@elsewhere.test")
    with pytest.raises(NotAllowed):
        overview(history.database, stranger, history.project_id)
    with pytest.raises(NotAllowed):
        going_in_project(history.database, stranger, history.project_id)
