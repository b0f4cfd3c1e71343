"""The list of runs: what it finds, in which order, and how much a page of it costs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, update

from core import schedules
from core.db import Database
from core.errors import NotAllowed
from core.models import Run
from core.runs.listing import RunFilter, page_of_runs, run_choices
from core.terms import Actor, Outcome, Role, Score
from tests.databases import on_both
from tests.run_history import RunHistory
from tests.world import founded, person


@pytest.fixture
def people(database: Database) -> tuple[int, dict[Role, Actor]]:
    return founded(database)


@pytest.fixture
def history(database: Database, people: tuple[int, dict[Role, Actor]]) -> RunHistory:
    project_id, members = people
    return RunHistory(database, members[Role.ADMIN], project_id)


def ids(history: RunHistory, wanted: RunFilter | None = None, **page: Any) -> list[int]:
    found = page_of_runs(history.database, history.actor, history.project_id, wanted, **page)
    return [run.id for run in found.runs]


@on_both
def test_runs_are_listed_newest_first_with_one_line_a_metric(history: RunHistory) -> None:
    polite, brief = history.metric("Polite"), history.metric("Brief")
    history.result(polite, Outcome.FAILED)
    both = history.run()
    history.result(polite, Outcome.PROPOSED, run_id=both, baseline=(6, 10), optimised=(8, 10), calls=40)
    history.result(brief, Outcome.NO_CHANGES, run_id=both, baseline=(9, 9), calls=2, not_judged=1)
    found = page_of_runs(history.database, history.actor, history.project_id)
    assert found.total == 2
    newest = found.runs[0]
    assert (newest.id, newest.state, newest.starter, newest.calls) == (
        both,
        "finished",
        history.actor.name,
        42,
    )
    first, second = newest.results
    assert (first.metric, first.outcome, first.proposal) == ("Polite", Outcome.PROPOSED, "waiting")
    assert (first.baseline, first.optimised) == (Score(6, 10), Score(8, 10))
    assert (second.metric, second.baseline, second.optimised) == ("Brief", Score(9, 9, 1), None)


@on_both
def test_pages_follow_each_other_without_gap_or_overlap(history: RunHistory) -> None:
    made = [history.run() for _ in range(7)]
    pages = [ids(history, offset=offset, limit=3) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [run_id for page in pages for run_id in page] == made[::-1]
    assert page_of_runs(history.database, history.actor, history.project_id, limit=3).total == 7


def test_metric_and_outcome_have_to_be_those_of_one_result(history: RunHistory) -> None:
    polite, brief = history.metric("Polite"), history.metric("Brief")
    mixed, failed = history.run(), history.run()
    history.result(polite, Outcome.APPLIED, run_id=mixed)
    history.result(brief, Outcome.FAILED, run_id=mixed)
    history.result(polite, Outcome.FAILED, run_id=failed)
    assert ids(history, RunFilter(outcome=Outcome.FAILED)) == [failed, mixed]
    assert ids(history, RunFilter(metric_id=polite)) == [failed, mixed]
    assert ids(history, RunFilter(metric_id=polite, outcome=Outcome.FAILED)) == [failed]
    assert ids(history, RunFilter(metric_id=brief, outcome=Outcome.APPLIED)) == []


def test_runs_are_found_by_what_started_them(history: RunHistory) -> None:
    metric = history.metric()
    schedule = schedules.add(history.database, history.actor, history.project_id, [metric], "0 9 * * 1")
    weekly = history.run(trigger="schedule", schedule_id=schedule.id)
    by_hand = history.run()
    history.result(metric, Outcome.NO_CHANGES, run_id=weekly)
    assert ids(history, RunFilter(trigger="button")) == [by_hand]
    assert ids(history, RunFilter(schedule_id=schedule.id)) == [weekly]
    choices = run_choices(history.database, history.actor, history.project_id)
    assert (choices.metrics, choices.schedules) == ({metric: "Polite"}, {schedule.id: schedule.name})


def test_what_never_ran_is_no_choice(history: RunHistory) -> None:
    history.metric("Brief")
    assert run_choices(history.database, history.actor, history.project_id).metrics == {}


def test_a_run_is_cancelled_only_when_all_of_it_was(history: RunHistory) -> None:
    polite, brief = history.metric("Polite"), history.metric("Brief")
    partly, wholly, going = history.run(), history.run(), history.run(finished=False)
    history.result(polite, Outcome.CANCELLED, run_id=partly)
    history.result(brief, Outcome.APPLIED, run_id=partly)
    history.result(polite, Outcome.CANCELLED, run_id=wholly)
    history.result(polite, None, run_id=going)
    found = page_of_runs(history.database, history.actor, history.project_id)
    assert {run.id: run.state for run in found.runs} == {
        partly: "finished",
        wholly: "cancelled",
        going: "running",
    }


def test_the_number_of_queries_does_not_grow_with_the_runs(history: RunHistory) -> None:
    metric = history.metric()
    counts = []
    for more in (1, 20):
        for _ in range(more):
            history.result(metric, Outcome.NO_CHANGES, baseline=(3, 3))
        counts.append(queries(history))
    assert counts[0] == counts[1]


def test_nobody_from_outside_the_project_sees_its_runs(history: RunHistory) -> None:
    stranger = person(history.database, "stranger@elsewhere.test")
    with pytest.raises(NotAllowed):
        page_of_runs(history.database, stranger, history.project_id)
    with pytest.raises(NotAllowed):
        run_choices(history.database, stranger, history.project_id)


def queries(history: RunHistory) -> int:
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(history.database.engine, "before_cursor_execute", count)
    ids(history)
    event.remove(history.database.engine, "before_cursor_execute", count)
    return len(seen)


@on_both
def test_runs_are_found_by_their_state(history: RunHistory) -> None:
    metric = history.metric()
    finished = history.run()
    history.result(metric, Outcome.NO_CHANGES, run_id=finished)
    cancelled = history.run()
    history.result(metric, Outcome.CANCELLED, run_id=cancelled)
    running = history.run(finished=False)
    history.result(metric, None, run_id=running)

    def found(state: str) -> list[int]:
        return ids(history, RunFilter(state=state))

    assert found("finished") == [finished]
    assert found("cancelled") == [cancelled]
    assert found("running") == [running]
    assert found("queued") == found("sunny") == []


@on_both
def test_days_are_those_of_the_projects_zone(history: RunHistory) -> None:
    """23:30 in UTC is the next day in Berlin."""
    metric = history.metric()
    late, early = history.run(), history.run()
    for run_id, hour in ((late, 22), (early, 23)):
        history.result(metric, Outcome.NO_CHANGES, run_id=run_id)
        with history.database.write() as session:
            made = datetime(2026, 3, 1, hour, 30, tzinfo=UTC)
            session.execute(update(Run).where(Run.id == run_id).values(created_at=made))
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    assert ids(history, RunFilter(first_day=first, last_day=first)) == [late]
    assert ids(history, RunFilter(first_day=second)) == [early]
    assert ids(history, RunFilter(last_day=second)) == [early, late]
    assert ids(history, RunFilter(last_day=date.max)) == [early, late]
