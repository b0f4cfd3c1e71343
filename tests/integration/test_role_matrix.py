"""Every use case, tried by a person of every role, by a stranger and with tokens."""

from __future__ import annotations

import pytest

from core import inbox
from core.errors import Refused
from core.terms import Role
from tests.matrix_world import MatrixWorld, matrix, prepared
from tests.reading_matrix import READS, Reading, Seen, seen
from tests.role_matrix import ANYBODY, DOCS, NO_ROWS, NOBODY, ROWS, Row, table
from tests.use_cases import changes_something, use_cases

__all__ = ["matrix", "prepared", "seen"]

SEEM_TO_CHANGE = {"deliveries.views.preview", "runs.replaying.replay"}
"""Readers that name what could write, and do not."""


def test_every_use_case_has_a_row() -> None:
    """Add a row to tests/role_matrix.py for a new one that changes something, then run
    `python -m tests.role_matrix`; one that only reads has its row in tests/reading_matrix.py."""
    known, changing = named(ROWS), {name for name, found in use_cases().items() if changes_something(found)}
    reading = named(READS)

    assert known | reading | NO_ROWS.keys() == use_cases().keys()
    assert changing - known - NO_ROWS.keys() == SEEM_TO_CHANGE
    assert not known & reading
    assert len(changing) > 30 and len(reading) > 60


def named(rows: dict[str, Row] | dict[str, Reading]) -> set[str]:
    return {name.split(" ")[0] for name in rows}


def test_the_page_about_roles_says_what_is_tried_here() -> None:
    assert DOCS.read_text(encoding="utf-8") == table(), "run `python -m tests.role_matrix`"


def may(row: Row, who: str) -> bool:
    name = who.removesuffix("'s token")
    if who == "token of another project":
        return row.tokens and row.needs == ANYBODY
    if who != name and not row.tokens:
        return False
    if row.needs == ANYBODY:
        return True
    role = Role[name.upper()] if name != "stranger" else None
    return isinstance(row.needs, Role) and role is not None and role >= row.needs


def tried(world: MatrixWorld, row: Row) -> dict[str, bool]:
    """Who could. What was made ready is the same for all until somebody used it up, so that a refusal is
    about the person: the next one in the line succeeds with it. Who succeeds leaves a row in the audit."""
    found: dict[str, bool] = {}
    target, used_up = None, True
    for who, actor in world.everybody().items():
        target = row.make(world) if used_up else target
        deeds = world.deeds_of(actor)
        try:
            row.do(world, actor, target)
        except Refused:
            found[who] = used_up = False
        else:
            found[who] = used_up = True
            assert (world.deeds_of(actor) > deeds) is not bool(row.unrecorded), who
    return found


@pytest.mark.parametrize("name", ROWS)
def test_each_may_do_what_the_matrix_says_and_is_recorded(matrix: MatrixWorld, name: str) -> None:
    row = ROWS[name]

    assert tried(matrix, row) == {who: may(row, who) for who in matrix.everybody()}


@pytest.mark.parametrize("name", READS)
def test_each_sees_what_the_matrix_says(seen: Seen, name: str) -> None:
    reading, everybody = READS[name], seen.world.everybody()
    outside = ("stranger", "token of another project")
    inside = [role.name.lower() for role in Role]

    assert [who for who in outside if reading.shows(seen, everybody[who])] == []
    allowed = [who for who in inside if reading.shows(seen, everybody[who])]
    assert allowed == [
        role.name.lower() for role in Role if reading.needs != NOBODY and role >= reading.needs
    ]
    for role in Role:
        shown = reading.shows(seen, everybody[f"{role.name.lower()}'s token"])
        assert shown is (reading.tokens and role.name.lower() in allowed), role


def test_a_token_of_another_project_leaves_the_news_of_this_one_unread(seen: Seen) -> None:
    admin, elsewhere = seen.world.admin, seen.world.everybody()["token of another project"]
    unread = inbox.unread_count(seen.database, admin, seen.project)
    news = inbox.news_of(seen.database, admin, seen.project).news

    inbox.mark_read(seen.database, elsewhere, [one.id for one in news])

    assert unread == inbox.unread_count(seen.database, admin, seen.project) > 0
