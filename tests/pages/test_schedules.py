from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import memberships, metrics, schedules
from core.models import FireRecord, Membership, Schedule
from core.runs import RunOptions
from core.schedules import ScheduleDetails
from core.terms import Definition, EvalSettings, Notify, Role
from dashboard.components import plain
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** :red[red]"
ESCAPED = r"\<script\>alert\(1\)\</script\> \*\*bold\*\* \:red\[red\]"
NEW = "schedules-form-new"


def metric(world: PageWorld, name: str = "Polite", **options: bool) -> int:
    definition, settings = Definition("Was it polite?"), EvalSettings()
    return metrics.add(
        world.database, world.actor, world.project_id, name, definition, settings, **options
    ).id


def schedule(world: PageWorld, name: str = "Weekly", cron: str = "0 9 * * 1", **options: object) -> int:
    wanted = options.pop("metrics", None) or [metric(world, f"Metric of {name}")]
    return schedules.add(
        world.database, world.actor, world.project_id, wanted, cron, name=name, options=RunOptions(**options)
    ).id


def listed(world: PageWorld) -> list[ScheduleDetails]:
    return schedules.schedules_of(world.database, world.actor, world.project_id)


def stored(world: PageWorld, schedule_id: int) -> Schedule:
    with world.database.read() as session:
        return session.get_one(Schedule, schedule_id)


def texts(page: AppTest) -> str:
    """Everything that is written on the page, without what escapes it."""
    kinds = ("title", "markdown", "caption", "text", "info", "error", "warning", "success", "subheader")
    written = "\n".join(str(one.value) for kind in kinds for one in page.get(kind))
    return written.replace("\\", "").replace(plain.WORD_JOINER, "")


def become(world: PageWorld, role: Role) -> None:
    """Let the local admin have another role in the project."""
    with world.database.write() as session:
        session.query(Membership).update({"role": int(role)})


def press(page: AppTest, key: str) -> AppTest:
    found = next(one for one in page.button if one.key == key)
    assert not found.disabled, f"{key} is disabled"
    return found.click().run()


def test_without_a_schedule_the_page_says_what_one_does(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("schedules")

    assert "No schedule yet" in texts(page)
    assert not page.exception


def test_without_a_metric_the_form_says_to_make_one(page_world: PageWorld) -> None:
    assert "make a metric first" in texts(page_world.open_in_frame("schedules", new=1))


def test_a_card_says_when_on_what_whose_and_how(page_world: PageWorld) -> None:
    schedule(page_world, HOSTILE, auto_apply=True)
    page = page_world.open_in_frame("schedules")

    written = texts(page)
    assert not page.exception
    assert "At 09:00, only on Monday" in written
    assert ":material/bolt: Auto-apply" in written
    assert "None yet" in written
    assert page_world.actor.name in written
    assert [link.proto.label for link in page.get("page_link")] == [f"**{ESCAPED}**"]


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


def test_deleting_asks_first(page_world: PageWorld) -> None:
    chosen = schedule(page_world)

    page = press(page_world.open_in_frame("schedules"), f"schedules-{chosen}-delete")
    assert "Its runs stay in the history" in texts(page)
    assert len(listed(page_world)) == 1

    press(page, "schedules-delete-yes")
    assert listed(page_world) == []


def test_a_new_schedule_is_weekly_read_only_and_in_the_projects_zone(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)

    assert "At 09:00, only on Monday (UTC)" in texts(page)
    assert len(page.table[0].value) == 5
    press(page, f"{NEW}-save")

    (made,) = listed(page_world)
    assert (made.name, made.cron, made.timezone) == ("Polite", "0 9 * * 1", "UTC")
    assert (made.auto_apply, made.notify, made.max_calls) == (False, Notify.BOTH, None)


def test_everything_chosen_is_saved(page_world: PageWorld) -> None:
    first, second = metric(page_world, "One"), metric(page_world, "Two")
    page = page_world.open_in_frame("schedules", new=1)
    page.multiselect(key=f"{NEW}-metrics").set_value([second, first])
    page.text_input(key=f"{NEW}-name").set_value("Month end")
    page.segmented_control(key=f"{NEW}-kind").set_value("monthly")
    page.selectbox(key=f"{NEW}-zone").set_value("Asia/Kolkata")
    page.segmented_control(key=f"{NEW}-notify").set_value(Notify.FAILURE)
    page.number_input(key=f"{NEW}-budget").set_value(300)
    page.run()
    page.selectbox(key=f"{NEW}-day").set_value(0)
    page.run()

    press(page, f"{NEW}-save")

    (made,) = listed(page_world)
    assert [one.id for one in made.metrics] == [second, first]
    assert (made.name, made.cron, made.timezone) == ("Month end", "0 9 L * *", "Asia/Kolkata")
    assert (made.notify, made.max_calls) == (Notify.FAILURE, 300)


def test_a_cron_that_is_refused_says_why_below_it_and_is_not_saved(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)
    page.segmented_control(key=f"{NEW}-kind").set_value("custom").run()
    assert page.text_input(key=f"{NEW}-cron").value == "0 9 * * 1"

    page.text_input(key=f"{NEW}-cron").set_value("0 0 30 2 *").run()
    assert "February has no day 30" in texts(page)

    page = press(page, f"{NEW}-save")
    assert "nothing was saved" in texts(page)
    assert listed(page_world) == []


def test_more_than_once_in_half_a_day_is_advised_against(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)
    page.segmented_control(key=f"{NEW}-kind").set_value("custom").run()

    page.text_input(key=f"{NEW}-cron").set_value("*/5 * * * *").run()

    assert "more than once in twelve hours" in texts(page)


def test_what_is_missing_is_said_from_the_first_try_on(page_world: PageWorld) -> None:
    metric(page_world, "One"), metric(page_world, "Two")
    page = page_world.open_in_frame("schedules", new=1)
    assert "Choose at least one metric" not in texts(page)

    page = press(page, f"{NEW}-save")

    assert "Choose at least one metric" in texts(page)
    assert listed(page_world) == []


def test_a_critical_metric_is_auto_applied_only_after_its_name_was_typed(page_world: PageWorld) -> None:
    metric(page_world, HOSTILE, critical=True)
    page = page_world.open_in_frame("schedules", new=1)
    page.radio(key=f"{NEW}-auto").set_value(True).run()
    confirm = next(one for one in page.text_input if str(one.key).startswith(f"{NEW}-confirm"))
    assert ESCAPED in confirm.label

    page = press(confirm.set_value("bold").run(), f"{NEW}-save")
    assert "That is not its name" in texts(page)
    assert listed(page_world) == []

    confirm = next(one for one in page.text_input if str(one.key).startswith(f"{NEW}-confirm"))
    press(confirm.set_value(HOSTILE).run(), f"{NEW}-save")
    assert listed(page_world)[0].auto_apply


def test_auto_apply_is_closed_to_an_editor(page_world: PageWorld) -> None:
    metric(page_world)
    become(page_world, Role.EDITOR)

    page = page_world.open_in_frame("schedules", new=1)

    assert page.radio(key=f"{NEW}-auto").disabled
    assert "needs the role admin" in texts(page)


def test_the_form_says_when_nobody_would_get_the_mail(page_world: PageWorld) -> None:
    metric(page_world)
    assert page_world.actor.user_id is not None
    assert "the 1 member" in texts(page_world.open_in_frame("schedules", new=1))

    memberships.set_notifications(
        page_world.database, page_world.actor, page_world.project_id, page_world.actor.user_id, on=False
    )
    assert "No member has email notifications on" in texts(page_world.open_in_frame("schedules", new=1))


@pytest.mark.parametrize(
    ("cron", "kind"),
    [("30 6 * * 5", "weekly"), ("0 0 * * *", "daily"), ("0 7 L * *", "monthly"), ("*/5 * * * 1-5", "custom")],
)
def test_the_form_opens_with_what_is_stored(page_world: PageWorld, cron: str, kind: str) -> None:
    chosen = schedule(page_world, cron=cron, max_calls=77)
    key = f"schedules-form-{chosen}"

    page = page_world.open_in_frame("schedules", schedule=chosen, edit=1)

    assert page.segmented_control(key=f"{key}-kind").value == kind
    assert page.number_input(key=f"{key}-budget").value == 77
    press(page, f"{key}-save")
    assert (stored(page_world, chosen).cron, stored(page_world, chosen).revision) == (cron, 2)


def test_an_alias_that_is_stored_stays(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    with page_world.database.write() as session:
        session.get_one(Schedule, chosen).timezone = "US/Pacific"

    page = page_world.open_in_frame("schedules", schedule=chosen, edit=1)
    press(page, f"schedules-form-{chosen}-save")

    assert stored(page_world, chosen).timezone == "US/Pacific"


def test_who_was_slower_overwrites_nothing_and_can_load_the_newer_version(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    key = f"schedules-form-{chosen}"
    page = page_world.open_in_frame("schedules", schedule=chosen, edit=1)
    schedules.pause(page_world.database, page_world.actor, chosen)

    page = press(page.text_input(key=f"{key}-name").set_value("Mine").run(), f"{key}-save")
    assert "nothing was overwritten" in texts(page)
    assert stored(page_world, chosen).name == "Weekly"

    page = press(page, f"{key}-reload")
    assert page.text_input(key=f"{key}-name").value == "Weekly"
    press(page.text_input(key=f"{key}-name").set_value("Mine now").run(), f"{key}-save")
    assert stored(page_world, chosen).name == "Mine now"


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
