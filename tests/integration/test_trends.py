"""How a project does over time, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core import accounts
from core.db import Database
from core.errors import NotAllowed
from core.models import MetricReview, Project, Result, Run
from core.runs import Period, activity, page_of_trends
from core.terms import Outcome, Role
from tests.databases import on_both
from tests.run_history import RunHistory
from tests.world import founded, person


@pytest.fixture
def history(database: Database) -> RunHistory:
    project_id, people = founded(database)
    return RunHistory(database, people[Role.ADMIN], project_id)


def result_at(history: RunHistory, metric: int, at: datetime, calls: int, cost: float | None) -> int:
    result = history.result(metric, Outcome.NO_CHANGES, baseline=(3, 4), calls=calls, cost=cost)
    with history.database.write() as session:
        row = session.get_one(Result, result)
        row.created_at = row.finished_at = at
        session.get_one(Run, row.run_id).created_at = at
    return result


def label_at(history: RunHistory, metric: int, name: str, at: datetime) -> None:
    review = history.review(metric, name, "true")
    with history.database.write() as session:
        session.get_one(MetricReview, review).labelled_at = at


def seen(history: RunHistory, since: datetime | None) -> list[Period]:
    return activity(history.database, history.actor, history.project_id, since)


def zone(history: RunHistory, name: str) -> None:
    with history.database.write() as session:
        session.get_one(Project, history.project_id).timezone = name


@on_both
def test_days_are_those_of_the_projects_zone(history: RunHistory) -> None:
    zone(history, "Pacific/Auckland")
    metric = history.metric()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    late = today - timedelta(days=2) + timedelta(hours=13, minutes=30)  # after midnight in Auckland
    early = today - timedelta(days=2) + timedelta(hours=9)
    result_at(history, metric, late, 10, 0.5)
    result_at(history, metric, early, 7, None)
    label_at(history, metric, "call-1", late)
    first, second = seen(history, today - timedelta(days=20))
    day = (today - timedelta(days=2)).date()
    assert first == Period(day, 0, 1, 7, None)
    assert second == Period(day + timedelta(days=1), 1, 1, 10, 0.5)


@on_both
def test_a_long_time_is_told_by_months_and_a_middling_one_by_weeks(history: RunHistory) -> None:
    zone(history, "UTC")
    metric = history.metric()
    for day in (1, 9, 16):
        result_at(history, metric, datetime(2026, 6, day, 12, tzinfo=UTC), 100, 1.0)
    assert seen(history, None) == [Period(date(2026, 6, 1), 0, 3, 300, 3.0)]
    weekly = seen(history, datetime.now(UTC) - timedelta(days=399))
    assert [one.begins for one in weekly] == [date(2026, 6, 1), date(2026, 6, 8), date(2026, 6, 15)]


@on_both
def test_what_lies_before_is_left_out(history: RunHistory) -> None:
    metric = history.metric()
    now = datetime.now(UTC)
    result_at(history, metric, now - timedelta(days=50), 1, None)
    newest = result_at(history, metric, now - timedelta(days=1), 2, None)
    label_at(history, metric, "call-old", now - timedelta(days=50))
    since = now - timedelta(days=30)
    assert [(one.labels, one.calls) for one in seen(history, since)] == [(0, 2)]
    page = page_of_trends(history.database, history.actor, history.project_id, since)
    assert [point.result_id for point in page.trends[0].points] == [newest]


@on_both
def test_metrics_come_page_by_page_with_their_own_points(history: RunHistory) -> None:
    for number in range(5):
        history.result(history.metric(f"Metric {number}"), Outcome.NO_CHANGES, baseline=(number, 9))
    place = history.database, history.actor, history.project_id, None
    page = page_of_trends(*place, offset=3, limit=5)
    assert page.total == 5
    assert [(trend.name, len(trend.points)) for trend in page.trends] == [("Metric 3", 1), ("Metric 4", 1)]
    assert page.trends[1].points[0].baseline is not None
    assert page.trends[1].points[0].baseline.correct == 4


def test_another_projects_runs_and_labels_are_not_counted(history: RunHistory) -> None:
    other = accounts.add_project(history.database, history.actor, "Other")
    elsewhere = RunHistory(history.database, history.actor, other.id)
    metric = elsewhere.metric()
    result_at(elsewhere, metric, datetime.now(UTC), 5, 1.0)
    label_at(elsewhere, metric, "call-1", datetime.now(UTC))
    assert seen(history, None) == []


def test_nobody_from_outside_sees_them(history: RunHistory) -> None:
    stranger = person(history.database, "stranger@elsewhere.test")
    with pytest.raises(NotAllowed):
        activity(history.database, stranger, history.project_id, None)
    with pytest.raises(NotAllowed):
        page_of_trends(history.database, stranger, history.project_id, None)
