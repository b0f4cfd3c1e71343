"""The diff of a definition: read, unfolded, copied, by mouse and by keyboard, and never taken for markup."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.models import Result
from tests.browser.conftest import PATIENCE, OpenPage, RichHouse, drawn
from tests.rich_world import LONG_PROMPT, REWRITTEN

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

WIDE = {"viewport": {"width": 1280, "height": 900}}
ROWS = "/_stcore/bidi-components/plumbline.diff/rows.js"
HOSTILE = '<b class="pwned">x</b> [y](https://evil.example) $z$ :red[w] <script>window.pwned = 1</script>'


@pytest.fixture
def result(look: OpenPage, rich_house: RichHouse) -> Page:
    return open_result(look, rich_house, rich_house.project.result_id)


def open_result(look: OpenPage, house: RichHouse, result_id: int, **options: Any) -> Page:
    with house.database.read() as session:
        run_id = session.get_one(Result, result_id).run_id
    page = look(f"/runs?run={run_id}&result={result_id}", **(WIDE | options))
    expect(page.get_by_role("table").first).to_be_attached(timeout=PATIENCE)
    return page


def described(page: Page) -> Any:
    """The part of the field Description."""
    return page.locator("section.field").filter(has_text="Description")


def test_changed_words_are_marked_in_the_language_of_screen_readers(result: Page) -> None:
    description = described(result)
    expect(description.locator("ins", has_text="explicitly")).to_be_visible()
    expect(description.get_by_role("insertion").filter(has_text="verbally")).to_be_visible()
    expect(description.get_by_role("columnheader", name="Before", exact=True)).to_be_visible()


def test_a_change_is_told_by_a_sign_beside_its_colour(result: Page) -> None:
    added = described(result).get_by_role("row").filter(has_text="Do not fail when the caller hangs up")
    expect(added.locator("td.sign.added")).to_contain_text("+")
    expect(added.locator("td.sign.added")).to_contain_text("added")


def test_unchanged_lines_unfold(result: Page) -> None:
    description = described(result)
    expect(description.get_by_text("Do not judge the length.")).to_have_count(0)
    description.get_by_role("button", name="unchanged line").first.press("Enter")
    expect(description.get_by_text("Do not judge the length.").first).to_be_visible()


def test_inline_shows_one_column_and_what_was_unfolded_goes_with_a_reload(result: Page) -> None:
    result.get_by_role("radio", name="Inline").click()
    expect(described(result).locator("table.inline")).to_be_visible(timeout=PATIENCE)
    row = described(result).get_by_role("row").filter(has_text="explicitly")
    expect(row).to_have_count(1)


def test_the_old_view_is_still_there(result: Page) -> None:
    result.get_by_role("radio", name="Classic view").click()
    frame = result.frame_locator("iframe").first
    expect(frame.get_by_text("explicitly").first).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize(("name", "copied"), [("Copy old", LONG_PROMPT), ("Copy new", REWRITTEN)])
def test_a_text_is_copied_as_it_is(look: OpenPage, rich_house: RichHouse, name: str, copied: str) -> None:
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = open_result(look, rich_house, rich_house.project.result_id, **allowed)
    described(page).get_by_role("button", name=f"{name}: Description").click()
    expect(described(page).get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith(copied[:60])
    described(page).get_by_role("button", name="Copy as diff").click()
    expect(described(page).get_by_role("button", name="Copy as diff")).to_have_text("Copied")
    assert "@@ -1," in page.evaluate("navigator.clipboard.readText()")


def test_a_phone_gets_one_column_without_scrolling_sideways(look: OpenPage, rich_house: RichHouse) -> None:
    small = {"viewport": {"width": 390, "height": 844}}
    page = open_result(look, rich_house, rich_house.project.result_id, **small)
    expect(described(page).locator("table.inline")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_texts_stay_text_and_hidden_marks_are_shown(look: OpenPage, rich_house: RichHouse) -> None:
    with rich_house.database.write() as session:
        others = select(Result).where(
            Result.candidate.is_not(None), Result.id != rich_house.project.result_id
        )
        hostile = session.scalars(others.order_by(Result.id)).first()
        assert hostile is not None
        definition = hostile.candidate["definition"] | {"description": f"{HOSTILE}\n\u202eever\u202c"}  # type: ignore[index]
        hostile.candidate = {**(hostile.candidate or {}), "definition": definition}
        session.flush()
        result_id = hostile.id
    page = open_result(look, rich_house, result_id)
    candidate = described(page).filter(has_text="window.pwned")
    expect(candidate).to_contain_text("<script>window.pwned = 1</script>")
    expect(candidate).to_contain_text("⟨U+202E⟩")
    assert page.evaluate("window.pwned") is None
    assert page.locator(".pwned").count() == 0


TOLD_BACK = """async ([rules, pairs]) => {
  const { rowsOf } = await import(rules);
  const told = (row, name) => row[name].map(one => one.text).join("");
  const side = (rows, name) => rows.filter(row => row[name]).map(row => told(row, name));
  return pairs.map(([before, after]) => {
    const rows = rowsOf(before, after);
    return [side(rows, "old").join("\\n"), side(rows, "fresh").join("\\n"), rows.map(row => row.kind)];
  });
}"""

PAIRS = [
    ("", "a"),
    ("a", ""),
    ("one two three", "one 2 three"),
    ("a\nb\nc", "a\nc"),
    ("a\r\nb", "a\nb"),
    ("l1\nl2\nl3\nl4", "l4\nl3\nl2\nl1"),
    ("שלום עולם", "שלום לכם"),
    ("日本語の文", "日本の文"),
    ("word " * 4_000, "other " * 4_000),
    (
        "\n".join(f"line {n} of many" for n in range(400)),
        "\n".join(f"line {n} of few" for n in range(0, 400, 3)),
    ),
    ("\n".join("same" for _ in range(900)), "\n".join("same" for _ in range(1_000))),
    ("x" * 23_000, "y" * 23_000),
]


def test_both_texts_can_be_read_back_from_the_rows(result: Page) -> None:
    told = result.evaluate(TOLD_BACK, [ROWS, PAIRS])
    for (before, after), (old, fresh, _) in zip(PAIRS, told, strict=True):
        assert old == before.replace("\r\n", "\n")
        assert fresh == after


def test_lines_that_only_moved_a_word_are_one_changed_line(result: Page) -> None:
    pairs = [
        ["a b c d e\nsecond line here", "a b x d e\nsecond line there"],
        ["same", "same"],
        ["q r s", "1 2\n3 4"],
    ]
    kinds = [kinds for _, _, kinds in result.evaluate(TOLD_BACK, [ROWS, pairs])]
    assert kinds == [["changed", "changed"], ["same"], ["removed", "added", "added"]]


def test_a_rerun_keeps_what_was_unfolded(result: Page) -> None:
    description = described(result)
    description.get_by_role("button", name="unchanged line").first.click()
    result.get_by_role("button", name="Reject").click()
    drawn(result)
    expect(description.get_by_text("Do not judge the length.").first).to_be_visible()
