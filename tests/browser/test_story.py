"""The whole job, in a real browser on the real product: what a person does on the first day.

Upload calls, label one, set up a schedule, wait for its fire, read the diff, apply, see the version live
and the point on the chart, read the mail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.whole_product import PATIENCE, PROMPT, running_product, settled, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

A_FIRE = 150_000
"""Milliseconds: the next full minute, the run, and a machine that is busy with other tests."""
METRIC = "Problem solved"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_product(tmp_path_factory.mktemp("home")) as link:
        yield link


def calls(count: int) -> bytes:
    """Calls in which the judge above is wrong wherever the caller says “useless”."""
    rows = []
    for number in range(count):
        bad = number % 2 == 0
        closing = "This was useless, honestly." if bad else "Brilliant, it works again."
        row = {
            "id": f"story-{number:02}",
            "transcript": [
                {"role": "assistant", "content": "Hello, what can I do for you?"},
                {"role": "user", "content": f"My router shows error {number} again."},
                {"role": "assistant", "content": "Let us restart it together."},
                {"role": "user", "content": closing},
            ],
        }
        if number:
            row["expected_value"] = not bad
            row["feedback"] = "“useless” means it was not solved" if bad else ""
        rows.append(row)
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def make_metric(page: Page) -> None:
    visit(page, "Metrics")
    page.get_by_role("button", name="New metric").click()
    page.get_by_role("textbox", name="Name").fill(METRIC)
    page.get_by_role("radio", name="As one text").click()
    page.get_by_role("textbox", name="Description: the prompt that the judge answers").fill(PROMPT)
    page.get_by_role("button", name="Make the metric").click()
    expect(page.get_by_role("heading", name=METRIC)).to_be_visible(timeout=PATIENCE)


def upload(page: Page, file: Path) -> None:
    visit(page, "Lab")
    choose(page, "Metric", METRIC)
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("button", name="Import 16 rows").click(timeout=PATIENCE)
    page.get_by_role("button", name="Look at the calls").click(timeout=PATIENCE)
    expect(page.get_by_text("1–16 of 16 calls")).to_be_visible(timeout=PATIENCE)


def label_one(page: Page) -> None:
    """The first call came without a label: open it, write a note, say what would be right."""
    page.get_by_text("story-00").first.click()
    expect(page.get_by_text("This was useless, honestly.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("textbox", name="Note").fill("“useless” means it was not solved")
    page.get_by_role("button", name="false", exact=False).first.click()
    expect(page.get_by_text("Saved: story-00 is false.").first).to_be_visible(timeout=PATIENCE)
    settled(page)
    visit(page, "Lab")  # the last row of the queue leads on by itself
    expect(page.get_by_text("Labelled · 16")).to_be_visible(timeout=PATIENCE)


def schedule_each_minute(page: Page) -> None:
    visit(page, "Schedules")
    page.get_by_role("button", name="New schedule").click()
    expect(page.get_by_role("heading", name="New schedule")).to_be_visible(timeout=PATIENCE)
    choose(page, "Metrics", METRIC)
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Name").fill("Each minute")
    page.get_by_role("radio", name="Custom").click()
    settled(page)
    cron = page.get_by_role("textbox", name="Cron")
    cron.fill("* * * * *")
    cron.press("Enter")
    expect(page.get_by_text("Every minute").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_text("Each minute").first).to_be_visible(timeout=PATIENCE)


def wait_for_the_fire(page: Page) -> None:
    visit(page, "Runs")
    proposed = page.get_by_text("Proposed — awaiting review").first
    for _ in range(A_FIRE // 3_000):
        if proposed.is_visible():
            return
        page.wait_for_timeout(3_000)
        page.reload()
        settled(page)
    expect(proposed).to_be_visible()


def read_and_apply(page: Page) -> None:
    page.get_by_role("link", name="Run 1").first.click()
    expect(page.get_by_text("It waits for your review.").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("8 of 16").first).to_be_visible()
    expect(page.get_by_text("16 of 16").first).to_be_visible()
    expect(page.get_by_test_id("stMain").locator("ins").filter(has_text="useless").first).to_be_visible()
    page.get_by_role("button", name="Apply to the live metric").click()
    expect(page.get_by_text("version 2").first).to_be_visible(timeout=PATIENCE)


def see_it_live(page: Page) -> None:
    visit(page, "Metrics")
    page.get_by_text(METRIC, exact=True).first.click()
    expect(page.get_by_role("heading", name=METRIC)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("v2 live")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_role("tab", name="Prompt").click()
    expect(page.get_by_text("useless").first).to_be_visible(timeout=PATIENCE)


def read_the_mail(page: Page) -> None:
    visit(page, "Emails")
    page.get_by_role("link", name="1 proposal to review").first.click()
    expect(page.get_by_text("admin@localhost").first).to_be_visible(timeout=PATIENCE)
    mail = page.frame_locator("iframe").frame_locator("iframe")
    expect(mail.locator("ins").filter(has_text="useless").first).to_be_visible(timeout=PATIENCE)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=option).click()
    settled(page)


def test_the_whole_job_on_the_first_day(product: str, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(product, viewport={"width": 1280, "height": 900})
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=PATIENCE)
    file = tmp_path / "calls.jsonl"
    file.write_bytes(calls(16))
    make_metric(page)
    upload(page, file)
    label_one(page)
    schedule_each_minute(page)
    wait_for_the_fire(page)
    read_and_apply(page)
    see_it_live(page)
    read_the_mail(page)
