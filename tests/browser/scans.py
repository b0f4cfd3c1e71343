"""What a drawn page is looked through for: what keeps people out, and texts that were taken for markup."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE, drawn

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DARK = "rgb(15, 19, 31)"
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
TAKEN_FOR_MARKUP = """() => {
  const drawn = "strong, em, del, code, span, small, h1, h2, h3, h4, h5, h6";
  const within = ["pwned", "p", "bold", "code", "under", "struck", "tiny", "skull"];
  const found = [];
  const walk = root => {
    for (const element of root.querySelectorAll("*")) {
      const text = element.textContent.trim();
      const alone = !element.children.length && within.includes(text);
      if (element.matches(".pwned, .katex, a[href*='evil.example'], img[src*='evil.example'], img[src='x'], "
        + "img[alt='Streamlit logo']"))
        found.push(element.outerHTML.slice(0, 200));
      else if (alone && element.matches(drawn) && element.closest("[data-testid=stMarkdownContainer]"))
        found.push(element.outerHTML.slice(0, 200));
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  for (const sign of ["😄", "a → b"])
    if (document.body.textContent.includes(sign)) found.push(sign);
  if (window.pwned !== undefined) found.push("a script ran");
  return found;
}"""
"""The hostile texts run on without an end: where a part of one stands in an element of its own, Streamlit
read the marks around it. An emoji and an arrow stand for the words that it replaces."""


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


def begin(page: Page, address: str) -> None:
    """Open an address on a desktop in the light theme, with everything drawn."""
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    page.goto(address)
    drawn(page)


def sweep(page: Page) -> list[str]:
    """What is wrong: what axe calls serious in either theme, what a phone cuts off, texts that act."""
    light = [*_broken(page), *page.evaluate(TAKEN_FOR_MARKUP), *serious(page, EVERY_RULE, Axe())]
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", DARK, timeout=PATIENCE)
    dark = serious(page, COLOURS, Axe(axe_script="0"))  # axe is there already
    page.set_viewport_size(PHONE)
    drawn(page)
    return [*light, *dark, *_wide(page), *page.evaluate(TAKEN_FOR_MARKUP)]


def _broken(page: Page) -> list[str]:
    return page.get_by_test_id("stException").all_inner_texts()


def _wide(page: Page) -> list[str]:
    wider = page.evaluate(WIDER)
    return [f"{wider} pixels wider than a phone"] if wider > 0 else []
