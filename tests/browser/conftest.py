from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from core import signin
from core.db import Database
from core.settings import load_settings
from dashboard.gate.cookies import session_cookie
from tests.gatehouse import PASSWORD

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
    cookie = {"name": session_cookie(settings), "value": token, "domain": "127.0.0.1", "path": "/"}
    rest = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
    return cast("StorageState", {"cookies": [cookie | rest], "origins": []})
