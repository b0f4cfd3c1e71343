"""What opens by a click, with hostile texts in every field, in both themes and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, RichHouse, drawn
from tests.browser.hostile_house import Window, hostile_house, window
from tests.browser.places import OPENED, Opened, address, named
from tests.browser.scans import begin, sweep

__all__ = ["hostile_house", "window"]

pytestmark = [pytest.mark.browser, pytest.mark.thorough, pytest.mark.timeout(600)]

CLICKED = "button, summary, input"
OPEN = "[role=dialog], [role=listbox], details[open]"


@pytest.mark.parametrize("opened", OPENED, ids=str)
def test_nothing_that_opens_keeps_anybody_out_or_takes_texts_for_markup(
    window: Window, hostile_house: RichHouse, opened: Opened
) -> None:
    page, project = window.page, hostile_house.project
    begin(page, hostile_house.address + address(opened.place, project))
    for key in opened.keys:
        click(page, named(key, project))
    assert sweep(page) == []
    assert page.locator(OPEN).filter(visible=True).count(), "it closed before it was looked through"
    assert [url for url in window.asked if "evil.example" in url] == []


def click(page: Page, key: str) -> None:
    """Click what has this key, or the first with a key that begins so; something stands open then."""
    beginning = key.endswith("-")
    container = f'[class*="st-key-{key}"]' if beginning else f".st-key-{key}"
    page.locator(container).first.locator(CLICKED).first.click()
    expect(page.locator(OPEN).filter(visible=True).first).to_be_visible(timeout=PATIENCE)
    drawn(page)
