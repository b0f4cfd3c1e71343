"""The audit page: who did what, from where, what it changed; searched and taken out as a file."""

from __future__ import annotations

import re

from core import audit, metrics
from core.audit_log import PAGE
from core.terms import Actor, Definition, EvalSettings, Origin, Role
from tests.page_world import PageWorld, page_world
from tests.pages.test_settings import texts

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** [x](javascript:alert(1))"


def write(world: PageWorld, action: str, subject: str, origin: Origin = Origin.MCP, **more: object) -> None:
    actor = Actor(world.actor.user_id, "ana@x.test", origin)
    with world.database.write() as session:
        audit.record(session, actor, action, subject, project_id=world.project_id, **more)  # type: ignore[arg-type]


def test_a_deed_says_who_did_what_from_where_and_what_it_changed(page_world: PageWorld) -> None:
    made = metrics.add(
        page_world.database,
        page_world.actor,
        page_world.project_id,
        "Polite",
        Definition("?"),
        EvalSettings(),
    )
    write(
        page_world, "metric.edit", f"metric {made.name}", reason="As asked.", details={"name": ["Old", "New"]}
    )

    shown = texts(page_world.open_in_frame("audit"))

    assert "**ana@x.test** edited a metric: metric Polite" in shown
    assert "over MCP" in shown
    assert "As asked." in shown
    assert "Old\n→ New" in shown
    assert shown.index("edited a metric") < shown.index("made a metric"), "the newest stands first"


def test_what_is_looked_for_is_found_and_nothing_else(page_world: PageWorld) -> None:
    write(page_world, "schedule.add", "schedule Weekly", Origin.COMMAND_LINE)
    write(page_world, "metric.edit", "metric Polite")
    page = page_world.open_in_frame("audit")

    page = page.text_input(key="audit-search-").set_value("weekly").run()
    assert "schedule Weekly" in texts(page) and "metric Polite" not in texts(page)
    page = page.text_input(key="audit-search-weekly").set_value("").run()
    page = page.selectbox(key="audit-origin-all").set_value("mcp").run()
    assert "metric Polite" in texts(page) and "schedule Weekly" not in texts(page)
    page = page.selectbox(key="audit-about-all").set_value("schedule").run()
    assert "No deed matches" in texts(page) + " ".join(one.proto.body for one in page.get("html"))


def test_what_people_wrote_is_text(page_world: PageWorld) -> None:
    write(page_world, "metric.edit", HOSTILE, reason=HOSTILE, details={HOSTILE: [HOSTILE, HOSTILE]})

    page = page_world.open_in_frame("audit")

    assert not page.exception
    assert not [one for one in [*page.markdown, *page.caption] if "**bold**" in one.value]
    assert not [one for one in page.markdown if re.search(r"(?<!\\)<script", one.value)]


def test_who_signed_in_is_seen_by_admins_alone(page_world: PageWorld) -> None:
    assert "**admin@localhost** signed in\n" in texts(page_world.open_in_frame("audit"))

    page_world.sign_in_as("ben@x.test", Role.VIEWER)
    shown = texts(page_world.open_in_frame("audit"))
    assert "signed in" not in shown
    assert "made the project" in shown


def test_a_long_audit_is_turned_page_by_page(page_world: PageWorld) -> None:
    for number in range(PAGE + 3):
        write(page_world, "metric.edit", f"metric {number}")

    first, second = (texts(page_world.open_in_frame("audit", page=number)) for number in (1, 2))

    assert f"1–{PAGE} of " in first and f"metric {PAGE + 2}" in first
    assert "metric 0\n" in second and "metric 0\n" not in first
