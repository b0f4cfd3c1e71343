"""The list of schedules, and the page of one with its fires."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from core import schedules
from core.models import FireRecord, Run, Schedule
from core.schedules import FireKind, PastFire
from core.terms import SHOWN_AS, Outcome, Role
from dashboard.components.outcomes import LOOKS
from dashboard.components.schedules_dots import in_words
from tests.page_world import PageWorld, page_world
from tests.schedule_pages import ESCAPED, HOSTILE, become, listed, metric, press, schedule, stored, texts

__all__ = ["page_world"]


def test_without_a_schedule_the_page_says_what_one_does(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("schedules")

    assert "No schedule yet" in texts(page)
    assert not page.exception


def test_a_card_says_when_on_what_whose_and_how(page_world: PageWorld) -> None:
    schedule(page_world, HOSTILE, auto_apply=True)
    page = page_world.open_in_frame("schedules")

    written = texts(page)
    assert not page.exception
    assert "At 09:00, only on Monday" in written
    assert ":material/bolt: Auto-apply" in written
    assert "None yet" in written
    assert page_world.actor.name in written
    assert f"**{ESCAPED}**" in [link.proto.label for link in page.get("page_link")]


def test_past_fires_are_dots_with_words_and_links(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    with page_world.database.write() as session:
        for days, kind in ((1, "missed"), (2, "skipped")):
            at = datetime.now(UTC) - timedelta(days=days)
            session.add(FireRecord(schedule_id=chosen, due_at=at, kind=kind, reason="Because."))
    run, _ = schedules.run_now(page_world.database, page_world.actor, chosen)

    page = page_world.open_in_frame("schedules")
    dots = next(one.value for one in page.html if "pl-dots" in one.value)
    assert ": Missed" in dots and ": Skipped" in dots and ": Running" in dots
    assert dots.index("Skipped") < dots.index("Missed") < dots.index("Running")
    assert f"/runs?project={page_world.project_id}&amp;run={run}" in dots


def test_pause_says_so_and_resume_fires_again(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-pause")

    assert not stored(page_world, chosen).enabled
    assert "is paused" in page.success[0].value
    assert f"Paused by {page_world.actor.name}" in texts(page)

    press(page, f"schedules-{chosen}-resume")
    assert stored(page_world, chosen).next_fire_at is not None


def test_when_redis_is_away_the_change_is_stored_and_the_page_says_so(page_world: PageWorld) -> None:
    chosen = schedule(page_world)

    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-pause")

    assert "Redis does not answer" in page.success[0].value.replace("\\", "")


def test_what_a_role_may_not_do_is_refused_in_one_sentence(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    become(page_world, Role.VIEWER)

    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-pause")

    assert "needs the role editor" in page.error[0].value
    assert stored(page_world, chosen).enabled


def test_run_now_starts_a_run_of_the_schedule_and_opens_it(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-run")

    with page_world.database.read() as session:
        run = session.scalars(select(Run)).one()
    assert (run.schedule_id, run.trigger) == (chosen, "schedule")
    assert page.query_params["run"] == str(run.id) and f"Run {run.id}" in texts(page)
    again = page_world.open_in_frame("schedules")
    assert next(one for one in again.button if one.key == f"schedules-{chosen}-run").disabled, "it is going"


def test_edit_opens_the_form_with_the_schedule_in_it(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-edit")

    assert "Edit “Weekly”" in texts(page)
    assert page.text_input(key=f"schedules-form-{chosen}-name").value == "Weekly"


def test_a_fire_that_is_overdue_says_where_to_look(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    assert "Overdue" not in texts(page_world.open_in_frame("schedules"))
    with page_world.database.write() as session:
        session.get_one(Schedule, chosen).next_fire_at = datetime.now(UTC) - timedelta(minutes=5)

    said = texts(page_world.open_in_frame("schedules"))
    assert "Overdue: see under **Status** whether the scheduler runs." in said and "5 minutes ago" in said


def test_deleting_asks_first(page_world: PageWorld) -> None:
    chosen = schedule(page_world)

    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-delete")
    assert "Its runs stay in the history" in texts(page)
    assert len(listed(page_world)) == 1

    press(page, "schedules-delete-yes")
    assert listed(page_world) == []


def test_duplicate_makes_a_paused_copy(page_world: PageWorld) -> None:
    chosen = schedule(page_world, auto_apply=True)

    press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-duplicate")

    copy = next(one for one in listed(page_world) if one.id != chosen)
    assert (copy.name, copy.enabled, copy.auto_apply) == ("Copy of Weekly", False, False)


def test_a_schedules_page_lists_its_fires_in_pages(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    with page_world.database.write() as session:
        for days in range(30):
            at = datetime.now(UTC) - timedelta(days=days + 1)
            session.add(FireRecord(schedule_id=chosen, due_at=at, kind="missed", reason=f"No {days}."))

    first = page_world.open_in_frame("schedules", schedule=chosen)
    second = page_world.open_in_frame("schedules", schedule=chosen, page=2)

    assert "No 0." in texts(first) and "No 25." not in texts(first)
    assert "No 25." in texts(second) and "No 0." not in texts(second)


Look = Callable[[PageWorld, int], AppTest]


@pytest.mark.parametrize(
    "look",
    [
        lambda world, chosen: world.open_in_frame("schedules", schedule=chosen + 9),
        lambda world, chosen: world.open_in_frame("schedules", schedule=chosen + 9, edit=1),
    ],
)
def test_a_schedule_that_is_not_there_is_said_to_be_so(page_world: PageWorld, look: Look) -> None:
    page = look(page_world, schedule(page_world))

    assert "There is no schedule" in page.error[0].value
    assert not page.exception


def test_a_name_of_two_hundred_letters_and_two_hundred_metrics_fit(page_world: PageWorld) -> None:
    many = [metric(page_world, f"Metric number {number} {'x' * 150}") for number in range(60)]
    schedule(page_world, "W" * 200, metrics=many)

    page = page_world.open_in_frame("schedules")

    assert not page.exception
    assert "and 54 more" in texts(page)


def links(page: AppTest) -> list[str]:
    """The names on the cards, in their order."""
    labels = [str(link.proto.label) for link in page.get("page_link")]
    return [label.strip("*").replace("\\", "") for label in labels if label.endswith("**")]


def finder(page: AppTest) -> TextInput:
    return next(one for one in page.text_input if str(one.key).startswith("schedules-find"))


def test_many_schedules_come_in_pages_and_the_address_says_which(page_world: PageWorld) -> None:
    wanted = [metric(page_world)]
    for number in range(23):
        schedule(page_world, f"Number {number:02}", metrics=wanted)

    first = page_world.open_in_frame("schedules")
    last = page_world.open_in_frame("schedules", page=3)

    assert links(first) == [f"Number {number:02}" for number in range(10)]
    assert "1–10 of 23 schedules" in texts(first)
    assert links(last) == ["Number 20", "Number 21", "Number 22"]


def test_schedules_are_found_by_a_piece_of_their_name_and_by_on_or_paused(page_world: PageWorld) -> None:
    wanted = [metric(page_world)]
    for number in range(12):
        schedule(page_world, f"Number {number:02}", metrics=wanted)
    odd = schedule(page_world, HOSTILE, metrics=wanted)
    schedules.pause(page_world.database, page_world.actor, odd)

    page = page_world.open_in_frame("schedules", page=2)
    finder(page).set_value("NUMBER 1").run()
    assert links(page) == ["Number 10", "Number 11"]
    assert "page" not in page.query_params

    finder(page).set_value("").run()
    page.segmented_control(key="schedules-state-all").set_value("paused").run()
    assert len(links(page)) == 1
    finder(page).set_value("nothing like it").run()
    assert "No schedule matches" in texts(page)
    assert not page.exception


def test_a_link_with_a_filter_in_it_shows_the_same(page_world: PageWorld) -> None:
    wanted = [metric(page_world)]
    for name in ("Weekly", "Nightly"):
        schedule(page_world, name, metrics=wanted)
    page = page_world.open_in_frame("schedules", find="night", state="on")
    assert links(page) == ["Nightly"]
    assert finder(page).value == "night"
    assert links(page_world.open_in_frame("schedules", state="nonsense")) == ["Nightly", "Weekly"]


def test_every_outcome_has_a_dot_of_its_own_shape_and_words(page_world: PageWorld) -> None:
    assert len({look.shape for look in LOOKS.values()}) == len(Outcome)
    fires = [
        PastFire(datetime(2026, 1, day, tzinfo=UTC), FireKind.RUN, "", day, (outcome,), going=False)
        for day, outcome in enumerate(Outcome, 1)
    ]
    assert {in_words(fire) for fire in fires} == set(SHOWN_AS.values())
