"""Every use case that changes something, tried by a person of every role, by a stranger and with tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import accounts
from core.errors import Refused
from core.terms import Actor, Role, Scope
from tests.role_matrix import ANYBODY, DOCS, NO_ROWS, ROWS, Row, table
from tests.use_cases import changes_something, use_cases
from tests.world import World, person


def test_every_use_case_that_changes_something_has_a_row() -> None:
    """Add a row to tests/role_matrix.py for a new one, then run `python -m tests.role_matrix`."""
    changing = {name for name, found in use_cases().items() if changes_something(found)}
    rows = {name.split(" ")[0] for name in ROWS}

    assert changing - rows - NO_ROWS.keys() == set()
    assert (rows | NO_ROWS.keys()) - use_cases().keys() == set(), "rows of use cases that are gone"
    assert len(changing) > 30


def test_the_page_about_roles_says_what_is_tried_here() -> None:
    assert DOCS.read_text(encoding="utf-8") == table(), "run `python -m tests.role_matrix`"


def people(world: World) -> dict[str, Actor]:
    """From the least to the most: whoever may do something comes after whoever may not."""
    stranger = person(world.database, f"stranger-{id(world)}@elsewhere.test")
    accounts.add_project(world.database, stranger, "Elsewhere")
    return {"stranger": stranger} | {role.name.lower(): world.people[role] for role in Role}


def bearers(world: World) -> dict[str, Actor]:
    """The admin by tokens: of another project, and of each role in this one."""
    there = accounts.add_project(world.database, world.admin, "There").id
    elsewhere = replace(world.admin, scope=Scope(there, Role.ADMIN))
    here = {role: replace(world.admin, scope=Scope(world.project_id, role)) for role in Role}
    return {"token of another project": elsewhere} | {
        f"{role.name.lower()}'s token": actor for role, actor in here.items()
    }


def may(row: Row, who: str) -> bool:
    name = who.removesuffix("'s token")
    if who.endswith("token of another project") or (who != name and not row.tokens):
        return False
    if row.needs == ANYBODY:
        return True
    role = Role[name.upper()] if name != "stranger" else None
    return isinstance(row.needs, Role) and role is not None and role >= row.needs


def tried(world: World, row: Row, actors: dict[str, Actor]) -> dict[str, bool]:
    """Who could. What was made ready is the same for all until somebody used it up, so that a refusal is
    about the person: the next one in the line succeeds with it."""
    found: dict[str, bool] = {}
    target = row.make(world)
    for who, actor in actors.items():
        try:
            row.do(world, actor, target)
        except Refused:
            found[who] = False
        else:
            found[who] = True
            target = row.make(world)
    return found


@pytest.mark.parametrize("name", ROWS)
def test_each_role_may_do_what_the_matrix_says(world: World, name: str) -> None:
    row, actors = ROWS[name], people(world)

    assert tried(world, row, actors) == {who: may(row, who) for who in actors}


@pytest.mark.parametrize("name", ROWS)
def test_a_token_may_do_no_more_than_its_role_in_its_own_project(world: World, name: str) -> None:
    row, actors = ROWS[name], bearers(world)

    assert tried(world, row, actors) == {who: may(row, who) for who in actors}
