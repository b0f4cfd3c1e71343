from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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
        page.locator(SETTLED).wait_for(timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()
