"""A filter survives a look at one of what it found, Back, and a reload, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from core import schedules
from core.db import Database
from core.terms import Actor
from tests.browser.conftest import PATIENCE, RichHouse, drawn, housed
from tests.run_history import RunHistory

pytestmark = [pytest.mark.browser, pytest.mark.thorough, pytest.mark.timeout(400)]

MANY = 12
"""Metrics and schedules: from there on a page offers to look for one."""


@dataclass(frozen=True)
class Visit:
    """`narrow` filters the page at `path`, which then says `kept` in its address and shows `found` and not
    `left_out`; `opened` is the name of the thing that is opened, and None where nothing can be."""

    path: str
    narrow: Callable[[Page], None]
    kept: str
    found: str
    left_out: str
    opened: str | None


def write(label: str, words: str) -> Callable[[Page], None]:
    def narrow(page: Page) -> None:
        page.get_by_label(label, exact=True).fill(words)
        page.keyboard.press("Enter")

    return narrow


def choose(label: str, option: str) -> Callable[[Page], None]:
    def narrow(page: Page) -> None:
        page.get_by_role("combobox", name=re.compile(f"{label}$")).click()
        page.get_by_role("option", name=option, exact=True).click()

    return narrow


VISITS = (
    Visit(
        "/runs", choose("Outcome", "Regressed — not applied"), "outcome=regressed", "Run 5", "Run 13", "Run 5"
    ),
    Visit(
        "/metrics", write("Find a metric", "number 1"), "find=number+1", "Number 10", "Number 02", "Number 10"
    ),
    Visit(
        "/lab?metric=1", write("Search", "call-003"), "search=call-003", "call-003", "call-004", "call-003"
    ),
    Visit("/schedules", write("Find by name", "plan 1"), "find=plan+1", "Plan 10", "Plan 02", "Plan 10"),
    Visit("/audit", write("Search", "plan 11"), "search=plan+11", "Plan 11", "Plan 02", None),
)


def furnish(database: Database, admin: Actor, project_id: int) -> None:
    """So many metrics and schedules that one looks for them."""
    history = RunHistory(database, admin, project_id)
    for number in range(MANY):
        made = history.metric(f"Number {number:02}")
        schedules.add(database, admin, project_id, [made], "@daily", name=f"Plan {number:02}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RichHouse]:
    with housed(tmp_path_factory.mktemp("kept"), furnish) as made:
        yield made


@pytest.fixture(scope="module")
def context(chromium: Browser, house: RichHouse) -> Iterator[BrowserContext]:
    """One for all pages, so that what Streamlit is made of is loaded once."""
    made = chromium.new_context(storage_state=house.state)
    yield made
    made.close()


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.path)
def test_a_filter_outlives_a_look_back_and_a_reload(
    context: BrowserContext, house: RichHouse, visit: Visit
) -> None:
    page = context.new_page()
    page.goto(house.address + visit.path)
    drawn(page)
    expect(seen(page, visit.left_out)).to_be_visible(timeout=PATIENCE)
    visit.narrow(page)
    is_narrowed(page, visit)
    if visit.opened is not None:
        seen(page, visit.opened).click()
        expect(page.get_by_role("heading", name=visit.opened).first).to_be_visible(timeout=PATIENCE)
        page.go_back()
        is_narrowed(page, visit)
    page.reload()
    is_narrowed(page, visit)
    page.close()


def is_narrowed(page: Page, visit: Visit) -> None:
    expect(page).to_have_url(re.compile(re.escape(visit.kept)), timeout=PATIENCE)
    expect(seen(page, visit.found)).to_be_visible(timeout=PATIENCE)
    expect(seen(page, visit.left_out)).to_have_count(0, timeout=PATIENCE)
    drawn(page)


def seen(page: Page, words: str) -> Locator:
    return page.get_by_test_id("stMain").get_by_text(words).filter(visible=True).first
