"""Every page in both themes, on a phone, and with hostile texts in every field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from core import accounts
from core.db import Database
from core.migrations import migrate
from core.models import AuditEvent
from core.settings import load_settings
from core.terms import Origin
from tests.browser.conftest import PATIENCE, OpenPage, RichHouse, drawn, signed_in_state
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
NOT_OURS = {"region", "landmark-unique", "page-has-heading-one", "list", "listitem", "svg-img-alt"}
"""Rules about what Streamlit draws itself: the sections of its navigation are divs between the items of a
list, and the points of a sparkline are symbols without a name."""
BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 19, 31)"}
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


def serious(page: Page) -> list[str]:
    """What axe finds that keeps people from using the page, with the elements."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"} and one["id"] not in NOT_OURS
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("place", PLACES)
def test_no_page_keeps_anybody_out(look: OpenPage, rich_house: RichHouse, place: str) -> None:
    """In both themes nothing that axe calls serious, and on a phone nothing beyond its edge."""
    page = look(address(place, rich_house.project), viewport=DESKTOP)
    assert page.get_by_test_id("stException").count() == 0
    for scheme, background in BACKGROUNDS.items():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", background, timeout=PATIENCE)
        assert serious(page) == [], scheme
    page.set_viewport_size(PHONE)
    drawn(page)
    assert page.evaluate(WIDER) <= 0


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


@pytest.mark.parametrize("place", PLACES)
def test_hostile_texts_are_shown_as_text(open_page: OpenPage, hostile_house: RichHouse, place: str) -> None:
    asked: list[str] = []
    at = hostile_house.address + address(place, hostile_house.project)
    page = open_page(at, viewport=PHONE, storage_state=hostile_house.state)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    drawn(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.evaluate(TAKEN_FOR_MARKUP) == []
    assert [url for url in asked if "evil.example" in url] == []
    assert page.evaluate(WIDER) <= 0


def test_the_sweep_reaches_every_free_text(hostile_house: RichHouse) -> None:
    written = make_hostile(hostile_house.database)
    must = {"project.name", "metric.name", "metric_version.description", "call.transcript", "call.metadata"}
    assert written >= must | {"metric_review.feedback", "schedule.name", "result.reason", "delivery.subject"}
