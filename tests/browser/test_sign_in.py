"""Signing in and out in a real browser, and what it is told about the pages it shows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, StorageState, expect

from core import signin
from core.deliveries.writing import write_summaries
from core.models import SignInSession, User
from core.runs import result_detail
from core.terms import Outcome, Role
from tests.browser.conftest import PATIENCE, SETTLED, OpenPage, state_with
from tests.gatehouse import PASSWORD, Gatehouse, running_gatehouse
from tests.run_history import RunHistory

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

PHONE = {"width": 390, "height": 844}
PAGES = (
    "",
    "trends",
    "metrics",
    "lab",
    "schedules",
    "runs",
    "emails",
    "settings",
    "audit",
    "status",
    "account",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest.fixture(scope="module")
def run_id(house: Gatehouse) -> int:
    """A run with a proposal, a chart to draw and a mail."""
    history = RunHistory(house.database, house.admin, house.project.id)
    metric_id = history.metric()
    history.review(metric_id, "call-1", "true")
    result_id = history.result(
        metric_id, Outcome.PROPOSED, baseline=(8, 16), optimised=(16, 16), rules=[("Mind the end.", [])]
    )
    run_id = result_detail(house.database, house.admin, result_id).run_id
    with house.database.write() as session:
        write_summaries(session, run_id)
    return run_id


@pytest.fixture(scope="module")
def state(house: Gatehouse) -> StorageState:
    return state_with(house.cookie, house.token_of(house.signed_in()))


@pytest.fixture
def open_signed_in(open_page: OpenPage, state: StorageState) -> OpenPage:
    return partial(open_page, storage_state=state)


def fill_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def open_for(house: Gatehouse, chromium: Browser, email: str, path: str = "/") -> Page:
    """The page at this path after somebody signed in on the way to it."""
    page = chromium.new_context().new_page()
    page.goto(house.address + path)
    fill_in(page, email)
    page.locator(SETTLED).wait_for(timeout=PATIENCE)
    return page


def is_out(page: Page) -> None:
    """One sentence with a link, and nothing else."""
    expect(page.get_by_text("You are signed out: sign in again.")).to_be_visible(timeout=PATIENCE)
    page.locator(SETTLED).wait_for(timeout=PATIENCE)
    for nothing in ("stSidebarNav", "stSelectbox", "stHeading", "stMetric", "stButton"):
        expect(page.get_by_test_id(nothing)).to_have_count(0)


def test_signing_in_leads_to_the_page_that_was_asked_for_and_out_again(
    house: Gatehouse, chromium: Browser
) -> None:
    page = chromium.new_context().new_page()
    page.goto(f"{house.address}/runs?project={house.project.id}")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    fill_in(page, house.admin.name, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    expect(page.get_by_label("Email")).to_have_value(house.admin.name)
    expect(page.get_by_label("Password")).to_be_focused()

    fill_in(page, house.admin.name)

    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible(timeout=PATIENCE)
    assert page.url == f"{house.address}/runs?project={house.project.id}"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=PATIENCE)
    assert [one["name"] for one in page.context.cookies() if one["name"] == house.cookie] == []
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=PATIENCE)
    page.context.close()


def test_a_disabled_person_is_out_at_the_next_click(house: Gatehouse, chromium: Browser) -> None:
    user_id = house.member("gone@x.test")
    page = open_for(house, chromium, "gone@x.test")
    signin.set_enabled(house.database, house.admin, user_id, False)

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Metrics").click()

    is_out(page)
    page.get_by_role("link", name="sign in again").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=PATIENCE)
    page.context.close()


def test_a_click_after_the_session_ended_changes_nothing(house: Gatehouse, chromium: Browser) -> None:
    """Also what a button's callback does, which runs before the page."""
    house.member("ended@x.test", Role.ADMIN)
    page = open_for(house, chromium, "ended@x.test", "/account")
    other = house.token_of(house.signed_in("ended@x.test"))
    page.reload()
    button = page.get_by_role("button", name="Sign out everywhere else")
    expect(button).to_be_enabled(timeout=PATIENCE)
    page.locator(SETTLED).wait_for(timeout=PATIENCE)
    with house.database.write() as session:
        session.query(SignInSession).filter(SignInSession.browser.contains("Chrome")).delete()

    button.click()

    is_out(page)
    assert signin.who(house.database, house.settings, other) is not None
    page.context.close()


def test_a_live_page_goes_out_by_itself(house: Gatehouse, chromium: Browser) -> None:
    """The status page looks again every five seconds: nobody has to click."""
    house.member("watching@x.test")
    page = open_for(house, chromium, "watching@x.test", "/status")
    expect(page.get_by_text("The database answers")).to_be_visible(timeout=PATIENCE)
    with house.database.write() as session:
        session.query(User).filter(User.email == "watching@x.test").update({"enabled": False})

    is_out(page)
    page.context.close()


def test_no_page_breaks_its_own_security_policy(
    house: Gatehouse, open_signed_in: OpenPage, run_id: int, tmp_path: Path
) -> None:
    page = open_signed_in(house.address)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    for name in PAGES:
        visit(page, f"{house.address}/{name}")
    visit(page, f"{house.address}/runs?run={run_id}&result=1")
    page.get_by_text("Classic view").first.click()
    classic = page.frame_locator("iframe").get_by_text("closing line").first
    expect(classic).to_be_visible(timeout=PATIENCE)
    visit(page, f"{house.address}/metrics?metric=1")
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first).to_be_visible(
        timeout=PATIENCE
    )
    visit(page, f"{house.address}/emails?email=1")
    mail = page.frame_locator("iframe").frame_locator("iframe").locator("body")
    expect(mail).to_contain_text("Polite", timeout=PATIENCE)
    bring_in_and_take_out(page, f"{house.address}/lab?metric=1", tmp_path)

    assert complaints == []


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(SETTLED).wait_for(timeout=PATIENCE)


def bring_in_and_take_out(page: Page, lab: str, folder: Path) -> None:
    """An upload and a download, both through the gate."""
    file = folder / "calls.jsonl"
    file.write_text('{"id": "one", "transcript": "user: hello\\nagent: hi there"}\n', encoding="utf-8")
    visit(page, lab)
    page.get_by_text("Bring calls in").first.click()
    page.locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text("1 row", exact=False).first).to_be_visible(timeout=PATIENCE)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button").first.click()
    assert download.value.failure() is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_pages_are_for_everybody(house: Gatehouse, chromium: Browser, scheme: str) -> None:
    """On a phone nothing is cut off, and axe finds nothing to mend, an error among it."""
    token = signin.reset_link(house.database, house.admin, house.member(f"{scheme}@x.test"))
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    for path in ("/sign-in", f"/welcome/{token}", "/welcome/none"):
        page.goto(house.address + path)
        assert_fits_and_reads_well(page)
    page.goto(f"{house.address}/sign-in")
    fill_in(page, "x" * 200 + "@x.test", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_fits_and_reads_well(page)
    context.close()


def assert_fits_and_reads_well(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_phone_shows_who_is_signed_in(house: Gatehouse, open_signed_in: OpenPage) -> None:
    page = open_signed_in(f"{house.address}/account", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.get_by_test_id("stExpandSidebarButton").click()

    expect(page.get_by_text(house.admin.name).first).to_be_in_viewport(timeout=PATIENCE)
    expect(page.get_by_role("link", name="My account")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_in_viewport()
