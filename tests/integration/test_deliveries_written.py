"""Who is mailed about a run, and what the mail says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from core import inbox, runs, schedules
from core.models import Membership, User
from core.runs import READ_ONLY, RunOptions
from core.terms import Actor, Notify, Origin, Role
from tests.databases import on_both
from tests.mails import deliveries, mails, received, the_delivery
from tests.model_endpoint import fails
from tests.schedule_clock import due_for, fire, scheduled
from tests.scripted_model import BETTER, WORSE
from tests.world import AUTO_APPLY, World


def fired(world: World, metric: int, options: RunOptions = READ_ONLY) -> None:
    """One fire of a schedule over the metric, worked off with its mails."""
    schedule = scheduled(world, metric=metric, options=options)
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    world.work()


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@on_both
def test_a_scheduled_run_mails_every_member_who_wants_it(world: World) -> None:
    with world.database.write() as session:
        off, disabled = (world.people[role].user_id for role in (Role.LABELLER, Role.VIEWER))
        session.execute(update(Membership).where(Membership.user_id == off).values(email_notifications=False))
        session.execute(update(User).where(User.id == disabled).values(enabled=False))
    fired(world, world.labelled())
    assert received(world) == ["admin@clinic.test", "editor@clinic.test"]
    assert {delivery.state for delivery in deliveries(world)} == {"sent"}


def test_who_joined_and_who_left_counts_at_the_end_of_the_run(world: World) -> None:
    schedule = scheduled(world, metric=world.labelled())
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    with world.database.write() as session:
        session.query(Membership).filter(Membership.user_id == world.people[Role.VIEWER].user_id).delete()
    world.work()
    assert received(world) == ["admin@clinic.test", "editor@clinic.test", "labeller@clinic.test"]


@pytest.mark.parametrize("origin", [Origin.PAGE, Origin.MCP, Origin.COMMAND_LINE])
def test_a_run_started_by_a_person_mails_that_person_alone(world: World, origin: Origin) -> None:
    metric = world.labelled()
    actor = Actor(world.editor.user_id, world.editor.name, origin)
    runs.improve(world.database, actor, metric, READ_ONLY)
    world.work()
    assert received(world) == ["editor@clinic.test"]


def test_a_starter_whose_account_was_disabled_is_not_mailed(world: World) -> None:
    runs.improve(world.database, world.editor, world.labelled(), READ_ONLY)
    with world.database.write() as session:
        session.execute(update(User).where(User.id == world.editor.user_id).values(enabled=False))
    world.work()
    assert received(world) == []


def test_the_mail_says_what_happened(world: World) -> None:
    world.improve(world.labelled(), AUTO_APPLY)
    [mail] = mails(world)
    assert mail["To"] == "editor@clinic.test"
    assert "applied" in str(mail["Subject"]).lower()
    assert mail["Message-ID"] == the_delivery(world).message_id
    assert str(mail["Subject"]) == the_delivery(world).subject
    for piece in ("Polite", "3 of 9", "9 of 9", BETTER, "http://127.0.0.1:8501/runs?run=1"):
        assert piece in body(mail)


SUCCEEDING: dict[str, Callable[[World], int]] = {
    "proposed": lambda world: world.labelled(),
    "regressed": lambda world: worse(world),
    "no_changes": lambda world: world.labelled(wrong=0),
}


FAILING: dict[str, Callable[[World], int]] = {
    "failed": lambda world: refusing_key(world),
    "not_enough_labels": lambda world: world.labelled(right=0, wrong=1),
}


def worse(world: World) -> int:
    world.model.proposes = WORSE
    return world.labelled(right=6, wrong=2)


def refusing_key(world: World) -> int:
    world.model.instead = lambda received: fails(401)
    return world.labelled()


@pytest.mark.parametrize(
    ("prepare", "wanted"),
    [(make, Notify.SUCCESS) for make in SUCCEEDING.values()]
    + [(make, Notify.FAILURE) for make in FAILING.values()],
    ids=[*SUCCEEDING, *FAILING],
)
@pytest.mark.parametrize("notify", [Notify.SUCCESS, Notify.FAILURE])
def test_a_schedule_mails_the_kind_of_news_it_was_asked_to(
    world: World, prepare: Callable[[World], int], wanted: Notify, notify: Notify
) -> None:
    fired(world, prepare(world), RunOptions(notify=notify))
    assert len(received(world)) == (4 if notify is wanted else 0)


@pytest.mark.parametrize(("notify", "mails"), [(Notify.BOTH, 4), (Notify.NEVER, 0)])
def test_a_schedule_mails_everything_or_nothing(world: World, notify: Notify, mails: int) -> None:
    fired(world, world.labelled(), RunOptions(notify=notify))
    assert len(received(world)) == mails


@pytest.mark.parametrize("notify", [Notify.SUCCESS, Notify.FAILURE])
def test_a_mixed_run_is_mailed_either_way_and_lists_all_its_metrics(world: World, notify: Notify) -> None:
    both = [world.labelled("Fine"), world.labelled("Bare", right=0, wrong=0)]
    made = schedules.add(
        world.database, world.admin, "Clinic", both, "@yearly", options=RunOptions(notify=notify)
    )
    schedules.run_now(world.database, world.admin, made.id)
    world.work()
    for mail in mails(world):
        assert "Fine" in body(mail)
        assert "Bare" in body(mail)
    assert len(mails(world)) == 4


def test_a_wholly_cancelled_run_mails_nobody(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.labelled(), READ_ONLY)
    runs.cancel(world.database, world.editor, started.run_id)
    world.work()
    assert deliveries(world) == []


def news(world: World) -> dict[str, list[str]]:
    """What each member finds in the dashboard, by role."""
    return {
        role.name: [one.text for one in inbox.news_of(world.database, actor, world.project_id).news]
        for role, actor in world.people.items()
    }


@on_both
def test_in_the_dashboard_every_member_hears_of_a_schedules_run_once_whether_they_want_mail_or_not(
    world: World,
) -> None:
    with world.database.write() as session:
        session.execute(update(Membership).values(email_notifications=False))
    fired(world, world.labelled())
    assert received(world) == []
    assert set(map(tuple, news(world).values())) == {("1 proposal to review — Polite",)}
    assert inbox.unread_count(world.database, world.editor, world.project_id) == 1


def test_of_a_run_of_ones_own_nobody_else_hears(world: World) -> None:
    world.improve(world.labelled())
    assert {role: len(texts) for role, texts in news(world).items()} == {
        "ADMIN": 0,
        "VIEWER": 0,
        "LABELLER": 0,
        "EDITOR": 1,
    }


def test_a_schedule_that_notifies_never_is_silent_everywhere(world: World) -> None:
    fired(world, world.labelled(), RunOptions(notify=Notify.NEVER))
    assert not any(news(world).values())
