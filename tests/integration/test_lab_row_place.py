"""Where an open row stands among those that were asked for, and which come before and after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from core.db import Database
from core.lab import RowFilter, RowPlace, RowsAsked, label, open_row, rows_page
from core.lab.standing import mark_unstable
from core.models import MetricReview
from tests.databases import on_both
from tests.lab_world import LabWorld, lab_world

SEARCHES = ("", "hello", "déjà", "50 %", "nobody says this")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def bring_in(world: LabWorld, count: int) -> None:
    """Rows of every kind: with and without labels, notes, answers and twins, and of two minds."""
    rows = []
    for number in range(count):
        said = f"User: hello {number % (count - 5)}" if number % 3 else f"User: déjà vu, {number} of 50 %"
        row: dict[str, Any] = {"id": f"call-{number:02}", "transcript": said}
        if number % 4 == 0:
            row |= {"label": "pass" if number % 8 else "fail", "note": "hello" if number % 12 else ""}
        rows.append(row)
    world.import_rows(*rows)
    world.import_rows(
        *(
            {"id": f"twin-{label}", "transcript": "User: hello 1", "label": label}
            for label in ("pass", "fail")
        )
    )
    answers = ("true", "false", None, "N/A")
    world.evaluated(**{f"call-{number:02}": answers[number % 4] for number in range(0, count, 2)})
    with world.database.write() as session:
        mark_unstable(session, [world.reviews()["call-02"].id])


def listed(world: LabWorld, asked: RowsAsked) -> list[int]:
    """Review ids of all pages of the list."""
    pages = rows_page(world.database, world.editor, world.metric_id, asked).pages
    return [
        row.review_id
        for number in range(1, pages + 1)
        for row in rows_page(world.database, world.editor, world.metric_id, asked, number).rows
    ]


def place(world: LabWorld, review_id: int, asked: RowsAsked) -> RowPlace:
    return open_row(world.database, world.editor, review_id, asked).place


@on_both
@pytest.mark.parametrize("show", RowFilter)
def test_each_row_is_where_the_list_has_it(world: LabWorld, show: RowFilter) -> None:
    bring_in(world, 32)
    for search in SEARCHES:
        asked = RowsAsked(show, search)
        ids = listed(world, asked)
        around = [None, *ids, None]
        for number, review_id in enumerate(ids, 1):
            expected = RowPlace(number, len(ids), around[number - 1], around[number + 1])
            assert place(world, review_id, asked) == expected, asked


@on_both
@pytest.mark.parametrize("show", RowFilter)
def test_a_row_that_is_not_asked_for_stands_between_those_that_are(world: LabWorld, show: RowFilter) -> None:
    bring_in(world, 32)
    asked = RowsAsked(show, "hello")
    ids = listed(world, asked)
    beside = list(zip([None, *ids], [*ids, None], strict=True))
    for review_id in {review.id for review in world.reviews().values()} - set(ids):
        found = place(world, review_id, asked)
        assert (found.position, found.total) == (None, len(ids))
        assert (found.previous_id, found.next_id) in beside


def test_walking_the_queue_while_labelling_leaves_no_row_out(world: LabWorld) -> None:
    bring_in(world, 32)
    asked = RowsAsked(RowFilter.TO_LABEL)
    waiting = set(listed(world, asked))
    here: int | None = listed(world, asked)[0]
    while here is not None:
        label(world.database, world.labeller, here, True, "So it is.")
        waiting.remove(here)
        after = place(world, here, asked)
        here = after.next_id or after.previous_id
    assert waiting == set() == set(listed(world, asked))


@pytest.mark.parametrize("show", [RowFilter.ALL, RowFilter.TO_LABEL, RowFilter.LABELLED])
def test_opening_a_row_brings_few_rows_out_of_a_large_lab(world: LabWorld, show: RowFilter) -> None:
    bring_in(world, 90)
    with world.database.write() as session:
        session.execute(update(MetricReview).values(judged="answered", actual_value="true"))
    asked = RowsAsked(show)
    middle = listed(world, asked)[10]
    said: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            said.append((statement, parameters))

    event.listen(world.database.engine, "before_cursor_execute", listen)
    place(world, middle, asked)
    event.remove(world.database.engine, "before_cursor_execute", listen)
    with world.database.engine.connect() as connection:
        sizes = [len(connection.exec_driver_sql(*each).all()) for each in said]
    assert sizes and max(sizes) <= 3
