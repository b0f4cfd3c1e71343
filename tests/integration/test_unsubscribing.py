"""The link that stops mails: whose it is, who can make one, and what it can do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from core import deliveries, memberships
from core.deliveries import unsubscribing
from core.errors import LinkNotValid
from core.models import AuditEvent, Membership
from core.notifications.message import Content, mail_of
from core.terms import Role
from tests.databases import on_both
from tests.mails import mails, received
from tests.schedule_clock import due_for, fire, scheduled
from tests.world import World

LINK = re.compile(r"http://127\.0\.0\.1:8501/unsubscribe/([\w-]+)")


def fired(world: World) -> None:
    schedule = scheduled(world, metric=world.labelled())
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    world.work()


def tokens(world: World) -> dict[str, str]:
    """By recipient, the token in the header of their mail."""
    found = {}
    for mail in mails(world):
        link = LINK.search(str(mail["List-Unsubscribe"]))
        assert link is not None
        found[str(mail["To"])] = link[1]
    return found


@on_both
def test_each_mail_of_a_schedule_carries_its_recipients_own_link_in_header_and_bodies(world: World) -> None:
    fired(world)
    assert len(set(tokens(world).values())) == 4
    for mail in mails(world):
        token = tokens(world)[str(mail["To"])]
        assert mail["List-Unsubscribe"] == f"<http://127.0.0.1:8501/unsubscribe/{token}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            assert set(LINK.findall(part.get_content())) == {token}


def test_the_header_stands_on_one_line_of_the_raw_mail(world: World) -> None:
    fired(world)
    for envelope in world.mail.envelopes:
        assert re.search(rb"\r\nList-Unsubscribe: <[^\r\n]+>\r\n", envelope.content or b"")  # type: ignore[arg-type]


def test_a_run_of_ones_own_is_answered_without_a_link(world: World) -> None:
    world.improve(world.labelled())
    [mail] = mails(world)
    assert mail["List-Unsubscribe"] is None
    assert "unsubscribe" not in str(mail)


@on_both
def test_the_link_turns_off_that_persons_mails_of_that_project_and_nothing_else(world: World) -> None:
    fired(world)
    token = tokens(world)["editor@clinic.test"]

    before = deliveries.subscription_of(world.database, world.settings, token)
    for _ in range(2):
        after = deliveries.unsubscribe(world.database, world.settings, token)

    assert (before.on, after.on) == (True, False)
    assert (after.email, after.project) == ("editor@clinic.test", "Clinic")
    with world.database.read() as session:
        off = session.scalars(select(Membership.user_id).where(Membership.email_notifications.is_(False)))
        assert list(off) == [world.editor.user_id]
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "member.notifications"))
        assert (event.actor, event.reason) == ("editor@clinic.test", "by the link in an email")
        assert event.details == {"from": "on", "to": "off"}


def test_who_unsubscribed_gets_no_mail_of_the_next_run(world: World) -> None:
    schedule = scheduled(world, metric=world.labelled())
    assert world.editor.user_id is not None
    token = unsubscribing.token(world.settings, world.project_id, world.editor.user_id)
    deliveries.unsubscribe(world.database, world.settings, token)
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    world.work()
    assert "editor@clinic.test" not in received(world)
    assert len(received(world)) == 3


def test_looking_changes_nothing(world: World) -> None:
    assert world.editor.user_id is not None
    token = unsubscribing.token(world.settings, world.project_id, world.editor.user_id)
    for _ in range(3):
        assert deliveries.subscription_of(world.database, world.settings, token).on
    assert "member.notifications" not in world.audit()


def forged(token: str) -> list[str]:
    """Somebody else's or another project's, with this one's signature; cut, changed, and none."""
    project, user, signature = token.split("-", 2)
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    return [
        f"{project}-{int(user) + 1}-{signature}",
        f"{int(project) + 1}-{user}-{signature}",
        f"{project}-{user}-{flipped}",
        f"{project}-{user}-{signature[:-1]}",
        f"{project}-{user}-",
        f"0{project}-{user}-{signature}x",
        "",
        "x",
        "é" * 43,
        "1-2-" + "é" * 43,
        "9" * 30 + "-1-" + signature,
    ]


def test_a_link_cannot_be_made_up(world: World) -> None:
    assert world.editor.user_id is not None
    token = unsubscribing.token(world.settings, world.project_id, world.editor.user_id)
    for each in forged(token):
        with pytest.raises(LinkNotValid):
            deliveries.unsubscribe(world.database, world.settings, each)
    other = world.settings.model_copy(update={"secret_key": SecretStr("x" * 40)})
    with pytest.raises(LinkNotValid):
        deliveries.unsubscribe(world.database, other, token)
    assert "member.notifications" not in world.audit()


def test_a_link_outlives_a_new_secret_put_in_front_of_the_old(world: World) -> None:
    assert world.editor.user_id is not None
    old = world.settings.model_copy(update={"secret_key": SecretStr("o" * 40)})
    both = world.settings.model_copy(update={"secret_key": SecretStr("n" * 40 + "," + "o" * 40)})
    token = unsubscribing.token(old, world.project_id, world.editor.user_id)
    assert deliveries.subscription_of(world.database, both, token).on


def test_who_left_the_project_is_told_that_nothing_is_sent(world: World) -> None:
    assert world.editor.user_id is not None
    token = unsubscribing.token(world.settings, world.project_id, world.editor.user_id)
    memberships.remove_member(world.database, world.admin, world.project_id, world.editor.user_id)
    assert not deliveries.unsubscribe(world.database, world.settings, token).on


def test_a_preview_shows_nobody_anothers_link(world: World) -> None:
    fired(world)
    for delivery in deliveries.deliveries_of(world.database, world.admin, world.project_id).deliveries:
        shown = deliveries.preview(
            world.database, world.people[Role.VIEWER], delivery.id, world.settings.public_url
        )
        assert "unsubscribe" not in shown.html + shown.text


def test_a_long_link_is_neither_folded_nor_encoded() -> None:
    url = "https://plumbline.example.com/" + "a/" * 100 + "unsubscribe/1-2-" + "x" * 43
    message = mail_of(
        Content("S", "T", "<p>H</p>", url), "a@x.test", "p@x.test", "<1@plumbline>", datetime.now(UTC)
    )
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in message.as_bytes()
