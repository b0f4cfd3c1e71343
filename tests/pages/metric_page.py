"""The page of a metric as tests open it, press on it and read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from streamlit.testing.v1 import AppTest

from core import metrics
from core.metrics import MetricDetails
from core.models import Call, MetricReview, Result, Run
from core.terms import Definition, EvalSettings, Outcome
from tests.page_world import PageWorld

POLITE = Definition("Was the agent polite?")


def add(world: PageWorld, name: str = "Polite", definition: Definition = POLITE, **more: Any) -> int:
    settings = more.pop("settings", EvalSettings())
    return metrics.add(world.database, world.actor, world.project_id, name, definition, settings, **more).id


def label(world: PageWorld, metric_id: int, labels: int = 2) -> None:
    with world.database.write() as session:
        for number in range(labels):
            call = Call(
                project_id=world.project_id,
                external_id=f"{metric_id}-{number}",
                transcript=[],
                digest=str(number),
            )
            session.add(call)
            session.flush()
            expected = "true" if number % 2 else "false"
            session.add(
                MetricReview(metric_id=metric_id, call_id=call.id, labelled=True, expected_value=expected)
            )


def finished(world: PageWorld, metric_id: int, outcome: Outcome, **columns: Any) -> int:
    """A result of a run of its own; its id."""
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    with world.database.write() as session:
        run = Run(project_id=world.project_id, trigger="button", started_at=at, finished_at=at)
        session.add(run)
        session.flush()
        result = Result(
            run_id=run.id, metric_id=metric_id, state="done", outcome=outcome.value, finished_at=at
        )
        for name, value in columns.items():
            setattr(result, name, value)
        session.add(result)
        session.flush()
        return result.id


def opened(world: PageWorld, metric_id: int, tab: str | None = None, **parameters: object) -> AppTest:
    wanted = parameters if tab is None else {"tab": tab, **parameters}
    page = world.open_in_frame("metrics", metric=metric_id, **wanted)
    assert not page.exception
    return page


def details(world: PageWorld, metric_id: int) -> MetricDetails:
    return metrics.retrieve(world.database, world.actor, metric_id)


def said(elements: Any) -> str:
    """The words, without the marks that keep them from being read as markup."""
    return "\n".join(str(element.value) for element in elements).replace("\\", "")


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def has(page: AppTest, key: str) -> bool:
    return any(button.key == key for button in page.button)


def links(page: AppTest) -> list[str]:
    return [element.proto.label.replace("\\", "") for element in page.get("page_link")]


def cards(page: AppTest) -> list[str]:
    """The names on the cards of the list."""
    starting = [link for link in links(page) if link.startswith("**") and link.endswith("**")]
    return [link.strip("*") for link in starting]
