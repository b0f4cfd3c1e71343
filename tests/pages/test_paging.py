"""Lists that have become shorter than an old link says: the last page, wherever there are pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import audit, deliveries, lab, runs, schedules
from core.audit_log import PAGE as DEEDS
from core.models import Delivery, FireRecord
from core.outbox import notify_members
from core.terms import Definition, Outcome
from core.trials import RowChange, Scope
from tests.page_world import PageWorld, page_world
from tests.pages.test_runs import history, run_of, words
from tests.run_history import BEGAN, REWRITTEN, RunHistory
from tests.schedule_pages import metric, schedule

__all__ = ["history", "page_world"]

BEYOND = (99, 999_999_999_999_999_999)
"""The second times a page's size is more than a database can count to."""
Fill = Callable[[PageWorld], tuple[str, dict[str, object], str]]
"""Makes one more than a page holds, the first of it first; answers with the page, where in it, and what the
last page says."""


def runs_list(world: PageWorld) -> tuple[str, dict[str, object], str]:
    past = RunHistory(world.database, world.actor, world.project_id)
    made = past.metric()
    for _ in range(runs.listing.PAGE + 1):
        past.result(made, Outcome.NO_CHANGES)
    return "runs", {}, "26–26 of 26 runs"


def schedules_list(world: PageWorld) -> tuple[str, dict[str, object], str]:
    wanted = [metric(world)]
    for number in range(schedules.details.PAGE + 1):
        schedule(world, f"Number {number:02}", metrics=wanted)
    return "schedules", {}, "11–11 of 11 schedules"


def fires(world: PageWorld) -> tuple[str, dict[str, object], str]:
    chosen = schedule(world)
    with world.database.write() as session:
        for hour in range(schedules.fires_view.PAGE + 1):
            at = BEGAN + timedelta(hours=hour)
            session.add(FireRecord(schedule_id=chosen, due_at=at, kind="missed", reason=f"Number {hour}"))
    return "schedules", {"schedule": chosen}, "Number 0"


def deeds(world: PageWorld) -> tuple[str, dict[str, object], str]:
    with world.database.write() as session:
        for number in range(DEEDS + 1):
            audit.record(session, world.actor, "call.add", f"call {number}", project_id=world.project_id)
    return "audit", {}, "call add: call 0"


def mails(world: PageWorld) -> tuple[str, dict[str, object], str]:
    with world.database.write() as session:
        for number in range(deliveries.views.PAGE + 1):
            message = {"message_id": f"<{number}@x.test>", "state": "sent", "subject": "Weekly"}
            session.add(
                Delivery(project_id=world.project_id, kind="test", recipient=f"{number}@x.test", **message)
            )
    return "emails", {}, "26–26 of 26"


def news(world: PageWorld) -> tuple[str, dict[str, object], str]:
    for number in range(26):
        with world.database.write() as session:
            notify_members(session, world.project_id, f"run {number}", f"News {number}")
    return "inbox", {}, "News 0"


def metric_cards(world: PageWorld) -> tuple[str, dict[str, object], str]:
    for number in range(13):
        metric(world, f"Metric {number:02}")
    return "overview", {"beyond": "cards"}, "Metric 12"


def trends(world: PageWorld) -> tuple[str, dict[str, object], str]:
    past = RunHistory(world.database, world.actor, world.project_id)
    made = [past.metric(f"Metric {number:02}") for number in range(13)]
    past.result(made[0], Outcome.NO_CHANGES, baseline=(3, 3))
    return "trends", {"range": "all"}, "Metric 12"


def calls_of_a_lab(world: PageWorld) -> tuple[str, dict[str, object], str]:
    past = RunHistory(world.database, world.actor, world.project_id)
    made = past.metric()
    for number in range(lab.ROWS_ON_A_PAGE + 1):
        past.review(made, f"call {number:02}", "true")
    most = lab.ROWS_ON_A_PAGE + 1
    return "lab", {"metric": made, "part": "rows", "show": "all"}, f"{most}–{most} of {most} calls"


def rows_of_a_result(world: PageWorld) -> tuple[str, dict[str, object], str]:
    past = RunHistory(world.database, world.actor, world.project_id)
    made = past.metric()
    result = past.result(made, Outcome.PROPOSED, baseline=(0, 6), optimised=(6, 6))
    for number in range(6):
        past.row(result, past.review(made, f"call {number}", "true"), "true", "false", "true")
    return "runs", {"run": run_of(past, result), "result": result, "beyond": "fixed"}, "call 5"


def flips_of_a_trial(world: PageWorld) -> tuple[str, dict[str, object], str]:
    past = RunHistory(world.database, world.actor, world.project_id)
    made = past.metric()
    result = past.result(made, Outcome.PROPOSED, baseline=(0, 6), optimised=(6, 6))
    trial = past.trial(made, Definition(REWRITTEN), scope=Scope.RECENT, result_id=result)
    for number in range(6):
        review = past.review(made, f"call {number}", None)
        past.trial_row(trial, review, RowChange.FLIPPED, None, "true", "false")
    return "runs", {"run": run_of(past, result), "result": result, "beyond": "flips"}, "call 5"


def said(page: AppTest) -> str:
    """With what stands on buttons and links."""
    labels = [one.label for one in page.button] + [one.proto.label for one in page.get("page_link")]
    return "\n".join([words(page), *labels]).replace("\\", "")


@pytest.mark.parametrize(
    "fill",
    [
        runs_list,
        schedules_list,
        fires,
        deeds,
        mails,
        news,
        metric_cards,
        trends,
        calls_of_a_lab,
        rows_of_a_result,
        flips_of_a_trial,
    ],
)
def test_a_page_beyond_the_last_is_the_last(page_world: PageWorld, fill: Fill) -> None:
    place, parameters, last = fill(page_world)
    name = str(parameters.pop("beyond", "page"))

    for number in BEYOND:
        page = page_world.open_in_frame(place, **parameters, **{name: number})
        assert last in said(page)
