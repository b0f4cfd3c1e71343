from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from core import accounts, signin
from core.db import Database
from core.migrations import migrate
from core.settings import load_settings
from core.terms import Actor, Origin
from dashboard.gate.cookies import session_cookie
from tests.gatehouse import PASSWORD
from tests.page_world import NO_REDIS
from tests.rich_world import RichProject, fill
from tests.servers import running_dashboard

PATIENCE = 60_000
"""Milliseconds; far beyond what a page takes, for a machine that is busy with other tests."""
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """For one module at a time: while it is open, an event loop runs and `asyncio.run` would fail."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open an address in a window of its own and wait until the page has settled.

    Keyword arguments are those of a browser context: viewport, color_scheme, locale …
    """
    contexts = []

    def opened(address: str, **options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        page.locator(SETTLED).wait_for(timeout=PATIENCE)
        return page

    yield opened
    for context in contexts:
        context.close()


def signed_in_state(home: Path) -> StorageState:
    """What a browser keeps in which the local admin of this home signed in: for its `storage_state`."""
    settings = load_settings(plumbline_home=home, _env_file=None)
    database = Database(settings.database)
    link = signin.make_welcome_link(database, settings.admin_email)
    token = signin.open_link(database, settings, link, signin.Client("127.0.0.1", "Chromium"), PASSWORD)
    database.dispose()
    return state_with(session_cookie(settings), token)


def state_with(name: str, token: str) -> StorageState:
    """What a browser keeps of a session: its cookie."""
    cookie = {"name": name, "value": token, "domain": "127.0.0.1", "path": "/"}
    rest = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
    return cast("StorageState", {"cookies": [cookie | rest], "origins": []})


@dataclass(frozen=True)
class RichHouse:
    """A running dashboard whose project has something of everything, and a browser that is let in."""

    address: str
    home: Path
    database: Database
    admin: Actor
    project: RichProject
    state: StorageState


def nothing_more(_database: Database, _admin: Actor, _project_id: int) -> None:
    """What most houses hold beside something of everything."""


@contextmanager
def housed(home: Path, furnish: Callable[[Database, Actor, int], None] = nothing_more) -> Iterator[RichHouse]:
    """A dashboard over a project with something of everything, and with what `furnish` brings."""
    settings = load_settings(plumbline_home=home, _env_file=None)
    database = Database(settings.database)
    migrate(database)
    admin = accounts.local_admin(database, settings.admin_email, Origin.PAGE)
    made = accounts.add_project(database, admin, "Bright Smile", "Europe/Berlin")
    project = fill(database, admin, made.id)
    furnish(database, admin, made.id)
    with running_dashboard(home, REDIS_URL=NO_REDIS) as address:
        yield RichHouse(address, home, database, admin, project, signed_in_state(home))
    database.dispose()


@pytest.fixture(scope="session")
def rich_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RichHouse]:
    """One for all modules: their tests look, and change nothing that another one looks at."""
    with housed(tmp_path_factory.mktemp("rich")) as house:
        yield house


@pytest.fixture(scope="module")
def rich_context(chromium: Browser, rich_house: RichHouse) -> Iterator[BrowserContext]:
    """One for a module, so that what Streamlit is made of is loaded once."""
    context = chromium.new_context(storage_state=rich_house.state)
    yield context
    context.close()


@pytest.fixture
def look(rich_context: BrowserContext, rich_house: RichHouse, open_page: OpenPage) -> Iterator[OpenPage]:
    """Open a path of the rich house as its admin, with everything drawn; in a window of its own where
    options other than the viewport are asked for."""
    pages = []

    def opened(path: str, viewport: ViewportSize, **options: Any) -> Page:
        if options:
            page = open_page(
                rich_house.address + path, storage_state=rich_house.state, viewport=viewport, **options
            )
        else:
            page = rich_context.new_page()
            pages.append(page)
            page.set_viewport_size(viewport)
            page.goto(rich_house.address + path)
        drawn(page)
        return page

    yield opened
    for page in pages:
        page.close()


def drawn(page: Page) -> None:
    """Wait until the page has settled and no part of it is still a grey box."""
    page.locator(SETTLED).wait_for(timeout=PATIENCE)
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator('[data-stale="true"]')).to_have_count(0, timeout=PATIENCE)  # faded while it waits
