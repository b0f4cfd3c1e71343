"""Reading the audit: by project, by words, page by page, and as files."""

from __future__ import annotations

import csv
import io
import json

import pytest

from core import accounts, audit, audit_log
from core.audit_log import AuditEntry, Looked
from core.errors import NotAllowed, Refused
from core.terms import Actor, Origin, Role
from tests.databases import on_both
from tests.world import World


def entries(
    world: World, looked: Looked = audit_log.EVERYTHING, actor: Actor | None = None
) -> list[AuditEntry]:
    page = audit_log.events_of(world.database, actor or world.admin, world.project_id, looked)
    return list(page.entries)


def write(world: World, action: str, subject: str = "metric Polite", **more: object) -> None:
    with world.database.write() as session:
        audit.record(session, world.editor, action, subject, project_id=world.project_id, **more)  # type: ignore[arg-type]


def test_the_newest_deed_stands_first_with_who_when_and_from_where(world: World) -> None:
    world.metric("Polite")

    newest = entries(world)[0]

    assert newest.action == "metric.add"
    assert newest.actor == world.admin.name
    assert newest.origin == world.admin.origin.value
    assert newest.at.tzinfo is not None


def test_deeds_of_another_project_are_not_shown(world: World) -> None:
    other = accounts.add_project(world.database, accounts.product(), "Another")

    assert other.id != world.project_id
    assert not [entry for entry in entries(world) if "Another" in entry.subject]


def test_who_is_no_member_sees_nothing(world: World) -> None:
    stranger = Actor(999_999, "stranger@else.test", Origin.PAGE)

    with pytest.raises(NotAllowed):
        entries(world, actor=stranger)
    with pytest.raises(NotAllowed):
        audit_log.export_events(world.database, stranger, world.project_id, "csv")


def test_signing_in_is_seen_by_admins_alone(world: World) -> None:
    with world.database.write() as session:
        audit.record(session, world.editor, "user.sign_in", "user editor")

    assert "user.sign_in" in [entry.action for entry in entries(world)]
    viewer = world.people[Role.VIEWER]
    assert "user.sign_in" not in [entry.action for entry in entries(world, actor=viewer)]


@on_both
def test_every_word_is_looked_for_as_it_stands(world: World) -> None:
    write(world, "metric.edit", "metric 100% Polite_ness", reason="Asked by Ana")
    write(world, "metric.edit", "metric 1000 Politeness", reason="Asked by Ben")

    assert [entry.reason for entry in entries(world, Looked("100% ana"))] == ["Asked by Ana"]
    assert entries(world, Looked("_ness ben")) == []


def test_deeds_are_chosen_by_origin_and_by_what_they_are_about(world: World) -> None:
    write(world, "schedule.add", "schedule Weekly")

    assert {entry.action for entry in entries(world, Looked(about="schedule"))} == {"schedule.add"}
    assert entries(world, Looked(origin=Origin.MCP)) == []


def test_pages_hold_every_deed_once(world: World) -> None:
    for number in range(audit_log.PAGE + 5):
        write(world, "metric.edit", f"metric {number}")

    found = [
        audit_log.events_of(
            world.database, world.admin, world.project_id, Looked(about="metric.edit"), page=page
        )
        for page in (1, 2)
    ]

    ids = [entry.id for page in found for entry in page.entries]
    assert len(ids) == len(set(ids)) == found[0].total == audit_log.PAGE + 5


def test_the_export_holds_all_and_nothing_that_a_spreadsheet_would_run(world: World) -> None:
    write(world, "metric.edit", "=HYPERLINK(1)", details={"name": ["Old", "New, “quoted”"]})

    text = "".join(audit_log.export_events(world.database, world.admin, world.project_id, "csv"))
    lines = "".join(audit_log.export_events(world.database, world.admin, world.project_id, "jsonl"))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(entries(world)) == len(lines.splitlines())
    assert rows[0]["subject"] == "'=HYPERLINK(1)"
    assert json.loads(lines.splitlines()[0])["details"] == {"name": ["Old", "New, “quoted”"]}


def test_another_format_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="jsonl and csv"):
        audit_log.export_events(world.database, world.admin, world.project_id, "xml")
