"""From an empty project to a first proposal, as docs/first-five-minutes.md tells it, counting every click."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.whole_product import PATIENCE, PROMPT, running_product, settled, visit
from tests.servers import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(400)]

CALLS = 14
CLICKS = 17
GUIDE = ROOT / "docs" / "first-five-minutes.md"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_product(tmp_path_factory.mktemp("home")) as link:
        yield link


@dataclass
class Newcomer:
    """Somebody who uses the mouse for what is not typed."""

    page: Page
    clicks: int = 0
    steps: list[tuple[str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def click(self, where: Locator) -> None:
        where.first.click(timeout=PATIENCE)
        settled(self.page)
        self.clicks += 1

    def button(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name))

    def write(self, name: str, text: str) -> None:
        """Typing begins with a click into the box where the page has not put the cursor there."""
        self.page.get_by_role("textbox", name=name).first.fill(text)

    def go(self, name: str) -> None:
        visit(self.page, name)
        self.clicks += 1

    def did(self, step: str) -> None:
        self.steps.append((step, time.monotonic() - self.began))


def calls() -> bytes:
    rows = [
        {
            "id": f"call-{number:02}",
            "transcript": [
                {"role": "assistant", "content": "Hello, what can I do for you?"},
                {"role": "user", "content": f"My router shows error {number} again."},
                {"role": "assistant", "content": "Let us restart it together."},
                {"role": "user", "content": "This was useless." if number % 2 else "It works again."},
            ],
        }
        for number in range(CALLS)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def make_project(person: Newcomer) -> None:
    person.go("Project settings")
    person.button("New project")
    person.page.locator(".st-key-settings-new-name input").fill("Support line", timeout=PATIENCE)
    person.button("Make the project")
    person.did("a project")


def make_metric(person: Newcomer) -> None:
    person.go("Metrics")
    person.button("New metric")
    person.write("Name", "Problem solved")
    person.click(person.page.get_by_role("radio", name="As one text"))
    person.write("Description: the prompt that the judge answers", PROMPT)
    person.button("Make the metric")
    expect(person.page.get_by_role("heading", name="Problem solved")).to_be_visible(timeout=PATIENCE)
    person.did("a metric")


def bring_calls_in(person: Newcomer, file: Path) -> None:
    person.go("Lab")
    person.page.locator('input[type="file"]').set_input_files(file)
    person.clicks += 2  # the button that opens the browser's window, and the file in it
    person.button(f"Import {CALLS} rows")
    person.button("Look at the calls")
    person.did("calls")


def evaluate(person: Newcomer) -> None:
    person.button(f"Evaluate {CALLS} new")
    person.button(f"Evaluate {CALLS} calls")
    missing = person.page.get_by_test_id("stMetric").filter(has_text="Not evaluated")
    expect(missing).to_contain_text(f"0 of {CALLS}", timeout=PATIENCE)
    settled(person.page)
    person.did("verdicts")


def label(person: Newcomer) -> None:
    page = person.page
    page.keyboard.press("l")
    for _ in range(CALLS):
        heading = page.get_by_role("heading", level=3).first
        expect(heading).to_be_visible(timeout=PATIENCE)
        settled(page)
        name = heading.inner_text()
        if page.get_by_text("This was useless.").count():
            page.get_by_role("textbox", name="Note").fill("“useless” means it was not solved")
            page.get_by_role("button", name="Disagree: false").click()
        else:
            page.keyboard.press("a")
        expect(page.get_by_role("heading", level=3, name=name)).to_have_count(0, timeout=PATIENCE)
        settled(page)
    person.did("labels")


def improve(person: Newcomer) -> None:
    person.button("Auto Improve")
    expect(person.page.get_by_role("heading", name="Problem solved")).to_be_visible(timeout=PATIENCE)
    person.button("Auto Improve")
    expect(person.page.get_by_text(f"{CALLS} of {CALLS}").first).to_be_visible(timeout=PATIENCE)
    person.button("Review it")
    expect(
        person.page.get_by_test_id("stMain").locator("ins").filter(has_text="useless").first
    ).to_be_visible(timeout=PATIENCE)
    person.did("a proposal to read")


def test_the_guide_counts_every_click(product: str, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_bytes(calls())
    page = open_page(product, viewport={"width": 1280, "height": 900})
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=PATIENCE)
    person = Newcomer(page)
    make_project(person)
    make_metric(person)
    bring_calls_in(person, file)
    evaluate(person)
    label(person)
    improve(person)

    print("".join(f"{seconds:6.1f} s  {step}\n" for step, seconds in person.steps))
    assert person.clicks <= CLICKS
    assert f"{CLICKS} clicks" in GUIDE.read_text(encoding="utf-8")
