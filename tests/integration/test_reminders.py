"""The weekly reminder: to whom, about what, and once however many schedulers look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from core import inbox, schedules
from core.db import database_now
from core.models import Membership, MetricReview, Notification, Project, Proposal, Result, User
from core.reminders import write_reminders
from core.reminders.due import last_moment
from core.terms import Role
from core.work import reconcile
from tests.at_once import at_once
from tests.databases import on_both
from tests.mails import deliveries, mails, received
from tests.world import World

ZONE = ZoneInfo("Europe/Berlin")
NOW = last_moment(datetime.now(UTC), ZONE) + timedelta(minutes=5)
"""A Monday, five past nine, in the project's zone."""


def a_week_on(world: World, reminded: timedelta = timedelta(days=7)) -> None:
    """Let the project have been looked at last a week before NOW, and its proposals be some days old."""
    with world.database.write() as session:
        session.execute(update(Project).values(reminded_at=NOW - reminded))
        for model in (Proposal, Result):
            session.execute(update(model).values(created_at=NOW - timedelta(days=3)))
        session.execute(update(Result).values(finished_at=NOW - timedelta(days=3)))


def remind(world: World) -> list[int]:
    return write_reminders(world.database, NOW)


def with_proposal(world: World) -> int:
    metric = world.labelled()
    world.improve(metric)
    world.mail.envelopes.clear()
    return metric


def reminders(world: World) -> list[str]:
    return [one.recipient for one in deliveries(world) if one.kind == "reminder"]


@on_both
def test_who_can_do_something_about_it_is_reminded_of_a_waiting_proposal(world: World) -> None:
    with_proposal(world)
    a_week_on(world)
    with world.database.write() as session:
        off = world.people[Role.LABELLER].user_id
        session.execute(update(Membership).where(Membership.user_id == off).values(email_notifications=False))

    remind(world)
    world.work()

    assert received(world) == ["admin@clinic.test", "editor@clinic.test"]
    [subject] = {str(mail["Subject"]) for mail in mails(world)}
    assert subject == "Plumbline: 1 proposal still waits — Clinic"
    assert all(mail["List-Unsubscribe"] for mail in mails(world))
    news = inbox.news_of(world.database, world.people[Role.LABELLER], world.project_id).news
    assert [one.text for one in news] == ["1 proposal still waits"]
    assert inbox.news_of(world.database, world.people[Role.VIEWER], world.project_id).total == 0


@on_both
def test_several_schedulers_write_one_each(world: World) -> None:
    with_proposal(world)
    a_week_on(world)
    at_once([partial(remind, world)] * 4)
    assert sorted(reminders(world)) == ["admin@clinic.test", "editor@clinic.test", "labeller@clinic.test"]
    remind(world)
    assert len(reminders(world)) == 3


def test_even_one_whose_mark_was_lost_is_written_once_a_week(world: World) -> None:
    with_proposal(world)
    for _ in range(2):
        a_week_on(world)
        remind(world)
    assert len(reminders(world)) == 3
    with world.database.read() as session:
        notices = session.scalars(select(Notification).where(Notification.key.startswith("reminder"))).all()
    assert len(notices) == 3


def test_nothing_to_do_sends_nothing_and_is_looked_at_once_a_week(world: World) -> None:
    a_week_on(world)
    remind(world)
    assert reminders(world) == []
    with world.database.read() as session:
        reminded = session.scalars(select(Project.reminded_at)).one()
        assert reminded == NOW


def test_a_new_project_and_a_proposal_of_today_are_left_alone(world: World) -> None:
    with_proposal(world)
    a_week_on(world)
    with world.database.write() as session:
        session.execute(update(Result).values(finished_at=NOW - timedelta(hours=20)))
    remind(world)
    with world.database.write() as session:
        session.execute(update(Result).values(finished_at=NOW - timedelta(days=3)))
        session.execute(update(Project).values(reminded_at=None, created_at=NOW - timedelta(minutes=1)))
    remind(world)
    assert reminders(world) == []


def test_after_a_long_outage_the_next_one_is_waited_for(world: World) -> None:
    with_proposal(world)
    a_week_on(world)
    write_reminders(world.database, NOW + timedelta(days=3))
    assert reminders(world) == []


def test_reconciling_writes_them(world: World) -> None:
    """By the database's own clock: whatever the day, the project has been looked at afterwards."""
    a_week_on(world, timedelta(days=20))
    reconcile(world.place, world.redis)
    with world.database.read() as session:
        reminded = session.scalars(select(Project.reminded_at)).one()
        assert reminded is not None
        assert database_now(session) - reminded < timedelta(minutes=10)


def idle_schedule(world: World) -> tuple[int, int]:
    metric = world.labelled(wrong=0)
    made = schedules.add(world.database, world.admin, world.project_id, [metric], "@weekly", name="Weekly")
    schedules.run_now(world.database, world.admin, made.id)
    world.work()
    world.mail.envelopes.clear()
    return made.id, metric


def test_a_schedule_without_new_labels_is_named_until_there_are_some(world: World) -> None:
    schedule, _ = idle_schedule(world)
    a_week_on(world)
    remind(world)
    world.work()
    mail = mails(world)[0]
    assert "1 schedule has no new labels" in str(mail["Subject"])
    part = mail.get_body(("plain",))
    assert part is not None
    assert f"/schedules?project={world.project_id}&schedule={schedule}" in part.get_content()

    with world.database.write() as session:
        session.execute(update(MetricReview).values(labelled_at=database_now(session)))
        session.execute(update(Project).values(reminded_at=NOW - timedelta(days=14)))
    before = len(reminders(world))
    remind(world)
    assert len(reminders(world)) == before


def test_a_paused_schedule_and_one_that_never_ran_are_not_named(world: World) -> None:
    schedule, metric = idle_schedule(world)
    schedules.pause(world.database, world.admin, schedule)
    schedules.add(world.database, world.admin, world.project_id, [metric], "@weekly", name="Never ran")
    a_week_on(world)
    remind(world)
    assert reminders(world) == []


def test_a_disabled_member_is_not_reminded(world: World) -> None:
    with_proposal(world)
    a_week_on(world)
    with world.database.write() as session:
        session.execute(update(User).where(User.id == world.editor.user_id).values(enabled=False))
    remind(world)
    assert "editor@clinic.test" not in reminders(world)
