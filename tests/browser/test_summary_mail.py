"""The summary mail as a mail program with a browser in it shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from core.notifications.html_body import html_body
from core.notifications.reminder import reminder_content
from core.notifications.summary import RunSummary
from core.notifications.trial import trial_content
from tests.golden.runs import EVERY_OUTCOME, PROPOSED, fields, run
from tests.unit.test_reminder_rules import REMINDER

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

EVERYTHING = run(*EVERY_OUTCOME.values())
LONG = "n" * 5000
ENDLESS = run(
    replace(
        PROPOSED,
        metric=LONG,
        reason=LONG,
        warning=LONG,
        fields_before=fields(LONG),
        fields_after=fields("m" * 5000),
    )
)

TOO_FAINT = """() => {
  const channel = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 };
  const colour = text => text.match(/[\\d.]+/g).map(Number);
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const found = colour(getComputedStyle(element).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || !element.offsetParent) continue;
    const [one, two] = [light(colour(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < 4.5) faint.push([element.className, element.textContent.slice(0, 40), contrast]);
  }
  return faint;
}"""
"""Elements with text of less contrast than WCAG AA asks for; the formula is WCAG's own."""


def seen(chromium: Browser, summary: RunSummary, question: str, **options: Any) -> Any:
    """What the question, a JavaScript expression, answers on the page."""
    return seen_on(chromium, html_body(summary), question, **options)


def seen_on(chromium: Browser, html: str, question: str, **options: Any) -> Any:
    page = chromium.new_context(**options).new_page()
    page.set_content(html)
    answer = page.evaluate(question)
    page.context.close()
    return answer


@pytest.mark.parametrize("width", [320, 820])
@pytest.mark.parametrize("summary", [EVERYTHING, ENDLESS], ids=["every outcome", "endless words"])
def test_nothing_is_wider_than_the_screen(chromium: Browser, width: int, summary: RunSummary) -> None:
    question = "document.documentElement.scrollWidth"
    assert seen(chromium, summary, question, viewport={"width": width, "height": 800}) == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_background(chromium: Browser, scheme: str) -> None:
    assert seen(chromium, EVERYTHING, TOO_FAINT, color_scheme=scheme) == []


def test_dark_mode_is_dark(chromium: Browser) -> None:
    question = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    light, dark = (seen(chromium, EVERYTHING, question, color_scheme=scheme) for scheme in ("light", "dark"))
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(23, 30, 41)")


ENDLESS_REMINDER = replace(REMINDER, project=LONG, waiting=[replace(REMINDER.waiting[0], metric=LONG)])
OTHERS = {
    "reminder": reminder_content(REMINDER).html,
    "endless reminder": reminder_content(ENDLESS_REMINDER).html,
    "test mail": trial_content({"project": LONG, "asked_by": LONG, "overview_url": "https://x.test/"}).html,
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", OTHERS)
def test_the_other_mails_fit_a_phone_and_stand_out_in_both_schemes(chromium: Browser, name: str) -> None:
    html = OTHERS[name]
    for width in (320, 390, 820):
        viewport = {"width": width, "height": 800}
        question = "document.documentElement.scrollWidth"
        assert seen_on(chromium, html, question, viewport=viewport) == width
    for scheme in ("light", "dark"):
        assert seen_on(chromium, html, TOO_FAINT, color_scheme=scheme) == []
