"""The form that makes and edits a schedule."""

from __future__ import annotations

import pytest

from core import memberships, schedules
from core.models import Schedule
from core.terms import Guard, Notify, Role
from tests.page_world import PageWorld, page_world
from tests.schedule_pages import ESCAPED, HOSTILE, become, listed, metric, press, schedule, stored, texts

__all__ = ["page_world"]

NEW = "schedules-form-new"


def test_without_a_metric_the_form_says_to_make_one(page_world: PageWorld) -> None:
    assert "make a metric first" in texts(page_world.open_in_frame("schedules", new=1))


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


def test_the_guard_of_a_schedule_is_chosen_and_kept(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)
    modes = page.radio(key=f"{NEW}-auto")
    assert [one.key for one in page.radio] == [modes.key], "read-only asks for no guard"
    assert "below" not in " ".join(modes.proto.captions), "there is none yet to point at"
    modes.set_value(True).run()
    assert "the strict guard 0, 0 and 0 (our own simulation)" in texts(page)
    page.radio(key=f"{NEW}-guard").set_value(Guard.STRICT).run()
    press(page, f"{NEW}-save")
    (made,) = listed(page_world)
    assert (made.auto_apply, made.guard) == (True, Guard.STRICT)

    page = page_world.open_in_frame("schedules", schedule=made.id, edit=1)
    press(page, f"schedules-form-{made.id}-save")
    assert stored(page_world, made.id).guard == "strict"


def test_auto_apply_is_closed_to_an_editor(page_world: PageWorld) -> None:
    metric(page_world)
    become(page_world, Role.EDITOR)

    page = page_world.open_in_frame("schedules", new=1)

    assert page.radio(key=f"{NEW}-auto").disabled
    assert "needs the role admin" in texts(page)


def test_the_form_says_when_nobody_would_get_the_mail(page_world: PageWorld) -> None:
    metric(page_world)
    assert page_world.actor.user_id is not None
    assert "the one member" in texts(page_world.open_in_frame("schedules", new=1))

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


def test_a_schedule_whose_zone_is_gone_says_so_and_can_be_given_another(page_world: PageWorld) -> None:
    chosen = schedule(page_world)
    key = f"schedules-form-{chosen}"
    with page_world.database.write() as session:
        session.get_one(Schedule, chosen).timezone = "US/Pacific-New"

    assert "is not an IANA timezone" in texts(page_world.open_in_frame("schedules"))
    assert not page_world.open_in_frame("schedules", schedule=chosen).exception
    page = page_world.open_in_frame("schedules", schedule=chosen, edit=1)
    assert "did you mean US/Pacific" in texts(page)

    page.selectbox(key=f"{key}-zone").set_value("America/Los_Angeles").run()
    press(page, f"{key}-save")
    assert stored(page_world, chosen).timezone == "America/Los_Angeles"


def test_the_form_says_which_fire_meets_a_clock_change(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)
    page.segmented_control(key=f"{NEW}-kind").set_value("custom")
    page.selectbox(key=f"{NEW}-zone").set_value("America/Los_Angeles")
    page.run()

    page.text_input(key=f"{NEW}-cron").set_value("30 2 8-14 3 */7").run()

    assert "The clock goes forward that night: 02:30 does not exist" in texts(page)
