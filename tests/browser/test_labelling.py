"""Ten rows labelled by keyboard alone, and two people at one row, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from io import BytesIO

import pytest
from playwright.sync_api import Page, StorageState, expect
from sqlalchemy import select

from core import lab, metrics
from core.models import Call, MetricReview
from core.terms import Definition, EvalSettings
from tests.browser.conftest import PATIENCE, SETTLED, OpenPage, state_with
from tests.gatehouse import Gatehouse, running_gatehouse

pytestmark = [pytest.mark.browser, pytest.mark.thorough, pytest.mark.timeout(600)]

ROWS = 10
KEYS = ("a", "d", "x", "a", "a", "d", "a", "x", "d", "a")
VALUES = {"a": "true", "d": "false", "x": "N/A"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest.fixture(scope="module")
def state(house: Gatehouse) -> StorageState:
    return state_with(house.cookie, house.token_of(house.signed_in()))


@pytest.fixture
def open_signed_in(open_page: OpenPage, state: StorageState) -> OpenPage:
    return partial(open_page, storage_state=state)


def make_lab(house: Gatehouse, name: str, rows: int) -> int:
    """A metric whose judge said true of every call."""
    made = metrics.add(
        house.database, house.admin, house.project.id, name, Definition("Polite?"), EvalSettings()
    )
    lines = (
        json.dumps({"id": f"{name}-{number:02}", "transcript": f"User: call {number}\nAgent: Good day."})
        for number in range(rows)
    )
    source = BytesIO("\n".join(lines).encode())
    lab.import_file(house.database, house.admin, house.project.id, made.id, source)
    with house.database.write() as session:
        for review in session.scalars(select(MetricReview).where(MetricReview.metric_id == made.id)):
            review.judged, review.actual_value = "answered", "true"
            review.explanation = "The agent said good day."
    return made.id


def labels(house: Gatehouse, metric_id: int) -> dict[str, tuple[str | None, str]]:
    """Label and note by external id."""
    query = select(Call.external_id, MetricReview.expected_value, MetricReview.feedback).join(
        MetricReview, MetricReview.call_id == Call.id
    )
    with house.database.read() as session:
        found = session.execute(query.where(MetricReview.metric_id == metric_id))
        return {name: (expected, note) for name, expected, note in found}


def settled(page: Page) -> None:
    page.locator(SETTLED).wait_for(timeout=PATIENCE)


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=3).first.inner_text()


def press(page: Page, key: str) -> None:
    page.keyboard.press(key)


def press_and_see_another_row(page: Page, key: str) -> None:
    before = heading(page)
    press(page, key)
    expect(page.get_by_role("heading", level=3).first).not_to_have_text(before, timeout=PATIENCE)
    settled(page)


def test_ten_rows_are_labelled_by_keyboard_alone(house: Gatehouse, open_signed_in: OpenPage) -> None:
    metric_id = make_lab(house, "keys", ROWS)
    page = open_signed_in(f"{house.address}/lab?project={house.project.id}&metric={metric_id}")
    expect(page.get_by_role("button", name="Start labelling: 10 waiting")).to_be_visible(timeout=PATIENCE)
    press(page, "l")
    expect(page.get_by_text("To label: 1 of 10")).to_be_visible(timeout=PATIENCE)
    settled(page)

    said: dict[str, str] = {}
    for key in KEYS[:-1]:
        said[heading(page)] = VALUES[key]
        press_and_see_another_row(page, key)

    last = heading(page)
    press(page, "x")
    expect(page.get_by_role("heading", level=3)).to_have_count(0, timeout=PATIENCE)
    press(page, "z")
    expect(page.get_by_role("heading", level=3).first).to_have_text(last, timeout=PATIENCE)
    settled(page)
    assert labels(house, metric_id)[last] == (None, "")
    said[last] = VALUES[KEYS[-1]]
    press(page, KEYS[-1])
    expect(page.get_by_role("heading", level=3)).to_have_count(0, timeout=PATIENCE)
    settled(page)
    assert labels(house, metric_id) == {name: (value, "") for name, value in said.items()}


def test_a_note_is_written_by_keyboard_and_its_letters_are_no_shortcuts(
    house: Gatehouse, open_signed_in: OpenPage
) -> None:
    metric_id = make_lab(house, "note", 2)
    page = open_signed_in(f"{house.address}/lab?project={house.project.id}&metric={metric_id}")
    expect(page.get_by_role("button", name="Start labelling: 2 waiting")).to_be_visible(timeout=PATIENCE)
    settled(page)
    press(page, "l")
    expect(page.get_by_text("To label: 1 of 2")).to_be_visible(timeout=PATIENCE)
    settled(page)
    first = heading(page)
    note = page.get_by_role("textbox", name="Note")
    for _ in range(60):
        if note.evaluate("box => box === document.activeElement"):
            break
        press(page, "Tab")
    expect(note).to_be_focused()
    page.keyboard.type("a sad day, next: exuberant buzz")
    press(page, "Tab")
    press(page, "Tab")
    press_and_see_another_row(page, "d")
    assert labels(house, metric_id)[first] == ("false", "a sad day, next: exuberant buzz")


def test_a_note_that_was_just_typed_goes_with_any_button(house: Gatehouse, open_signed_in: OpenPage) -> None:
    """The click takes the focus from the note: first the note has to arrive, and then the click."""
    metric_id = make_lab(house, "mouse", 2)
    page = open_signed_in(f"{house.address}/lab?project={house.project.id}&metric={metric_id}")
    page.get_by_role("button", name="Start labelling: 2 waiting").click(timeout=PATIENCE)
    expect(page.get_by_text("To label: 1 of 2")).to_be_visible(timeout=PATIENCE)
    settled(page)
    names = [heading(page)]
    page.get_by_role("textbox", name="Note").press_sequentially("Left in a hurry.")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=3).first).not_to_have_text(names[0], timeout=PATIENCE)
    settled(page)
    names.append(heading(page))
    page.get_by_role("textbox", name="Note").press_sequentially("Too curt.")
    page.get_by_role("button", name="Disagree: false").click()
    expect(page.get_by_role("heading", level=3)).to_have_count(0, timeout=PATIENCE)
    settled(page)
    said = {names[0]: (None, "Left in a hurry."), names[1]: ("false", "Too curt.")}
    assert labels(house, metric_id) == said


def test_the_second_of_two_sees_what_the_first_said_and_chooses(
    house: Gatehouse, open_signed_in: OpenPage
) -> None:
    metric_id = make_lab(house, "two", 1)
    with house.database.read() as session:
        review_id = session.scalars(select(MetricReview.id).where(MetricReview.metric_id == metric_id)).one()
    address = f"{house.address}/lab?project={house.project.id}&metric={metric_id}&review={review_id}"
    one, two = open_signed_in(address), open_signed_in(address)
    for page in (one, two):
        expect(page.get_by_role("button", name="Agree: true")).to_be_visible(timeout=PATIENCE)
        settled(page)
    press(one, "d")
    expect(one.get_by_text("That was the last one here")).to_be_visible(timeout=PATIENCE)
    press(two, "a")
    expect(two.get_by_text("Which one stays?")).to_be_visible(timeout=PATIENCE)
    settled(two)
    assert labels(house, metric_id) == {"two-00": ("false", "")}
    press(two, "m")
    expect(two.get_by_text("Which one stays?")).to_have_count(0, timeout=PATIENCE)
    settled(two)
    assert labels(house, metric_id) == {"two-00": ("true", "")}
