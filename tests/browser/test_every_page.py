"""Every page with hostile texts in every field, in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from core import accounts
from core.db import Database
from core.migrations import migrate
from core.models import AuditEvent
from core.settings import load_settings
from core.terms import Origin
from tests.browser.conftest import PATIENCE, RichHouse, drawn, signed_in_state
from tests.browser.places import address, every_place
from tests.hostile import MARKUP, make_hostile
from tests.page_world import NO_REDIS
from tests.rich_world import fill
from tests.servers import running_dashboard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLACES = every_place()
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
EVERY_RULE: dict[str, Any] = {}
COLOURS = {"runOnly": ["color-contrast"]}
"""All that a theme changes."""
BOX = "[data-testid=stVerticalBlock], [data-testid=stCode] pre"
NOT_OURS = {
    "region": "() => true",
    "landmark-unique": "() => true",
    "page-has-heading-one": "() => true",
    "list": "() => true",
    "listitem": "() => true",
    "svg-img-alt": "element => element.closest('[data-testid=stMetric]') !== null",
    "scrollable-region-focusable": f"element => element.matches('{BOX}')",
}
"""By rule, the elements that Streamlit draws and lets nobody mend: its shell around the page, the sections
of its navigation, which are divs between the items of a list, the points of a sparkline, which are symbols
without a name, and a box with a height, which has no tab stop (but in Safari, browsers give it one)."""
DARK = "rgb(15, 19, 31)"
TAKEN_FOR_MARKUP = """() => {
  const found = [];
  const walk = root => {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches(".pwned, .katex, a[href*='evil.example'], img[src*='evil.example'], img[src='x']"))
        found.push(element.outerHTML.slice(0, 200));
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  if (window.pwned !== undefined) found.push("a script ran");
  return found;
}"""


def serious(page: Page, rules: dict[str, Any], axe: Axe) -> list[str]:
    """What axe finds that keeps people from using the page, with the elements."""
    options = {"resultTypes": ["violations"], "preload": False, **rules}
    found = axe.run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in [node for node in one["nodes"] if _is_ours(page, one["id"], node)][:3]
    ]


def _is_ours(page: Page, rule: str, node: dict[str, Any]) -> bool:
    return rule not in NOT_OURS or not page.locator(node["target"][0]).first.evaluate(NOT_OURS[rule])


@pytest.fixture(scope="module")
def hostile_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RichHouse]:
    home = tmp_path_factory.mktemp("hostile")
    settings = load_settings(plumbline_home=home, _env_file=None)
    database = Database(settings.database)
    migrate(database)
    admin = accounts.local_admin(database, settings.admin_email, Origin.PAGE)
    project = fill(database, admin, accounts.add_project(database, admin, "Hostile").id)
    make_hostile(database)
    with database.write() as session:
        deed = {"actor": MARKUP, "subject": MARKUP[:300], "reason": MARKUP, "details": {"why": MARKUP}}
        session.add(AuditEvent(project_id=project.project_id, origin="page", action="metric.edit", **deed))
    with running_dashboard(home, REDIS_URL=NO_REDIS) as running:
        yield RichHouse(running, home, database, admin, project, signed_in_state(home))
    database.dispose()


@dataclass
class Window:
    """One for all places, so that what Streamlit is made of is loaded once; and each address it asked for."""

    page: Page
    asked: list[str]


@pytest.fixture(scope="module")
def window(chromium: Browser, hostile_house: RichHouse) -> Iterator[Window]:
    context = chromium.new_context(storage_state=hostile_house.state)
    found = Window(context.new_page(), [])
    found.page.on("request", lambda request: found.asked.append(request.url))
    yield found
    context.close()


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=[pytest.mark.thorough] if "?" in place else []) for place in PLACES]
)
def test_no_page_keeps_anybody_out_or_takes_texts_for_markup(
    window: Window, hostile_house: RichHouse, place: str
) -> None:
    """In both themes nothing that axe calls serious, on a phone nothing beyond its edge, and no text acts."""
    page = window.page
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    page.goto(hostile_house.address + address(place, hostile_house.project))
    drawn(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate(TAKEN_FOR_MARKUP) == []
    assert serious(page, EVERY_RULE, Axe()) == []
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", DARK, timeout=PATIENCE)
    assert serious(page, COLOURS, Axe(axe_script="0")) == [], "axe is there already"
    page.set_viewport_size(PHONE)
    drawn(page)
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(TAKEN_FOR_MARKUP) == []
    assert [url for url in window.asked if "evil.example" in url] == []


def test_the_sweep_reaches_every_free_text(hostile_house: RichHouse) -> None:
    written = make_hostile(hostile_house.database)
    must = {"project.name", "metric.name", "metric_version.description", "call.transcript", "call.metadata"}
    assert written >= must | {"metric_review.feedback", "schedule.name", "result.reason", "delivery.subject"}
