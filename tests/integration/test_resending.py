from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import Envelope

from core import deliveries, memberships, runs
from core.deliveries import DeliveryView
from core.deliveries.kinds import resend_number
from core.errors import NotAllowed, NotFound, Refused
from core.runs import READ_ONLY
from core.terms import Role
from tests.at_once import at_once
from tests.databases import on_both
from tests.world import World, person


def sent(world: World, metric: str = "Polite") -> DeliveryView:
    """The mail of a run that the editor started, sent."""
    made = world.metric(metric)
    world.label(made)
    world.improve(made)
    return newest(world)


def newest(world: World) -> DeliveryView:
    return deliveries.deliveries_of(world.database, world.admin, world.project_id).deliveries[0]


def resend(world: World, delivery: DeliveryView) -> list[int]:
    return deliveries.resend(world.database, world.editor, delivery.id)


@on_both
def test_a_resend_is_a_mail_of_its_own_and_leaves_the_first_as_it_was(world: World) -> None:
    first = sent(world)

    resend(world, first)
    world.work()

    found = deliveries.deliveries_of(world.database, world.admin, world.project_id).deliveries
    assert [(one.resend, one.state_in_words) for one in found] == [(1, "Sent"), (0, "Sent")]
    assert found[1] == first
    ids = [message_from_bytes(each.content or b"", policy=default)["Message-ID"] for each in mails(world)]
    assert len(set(ids)) == 2
    assert world.audit()[-1] == "delivery.resend"


def mails(world: World) -> list[Envelope]:
    return list(world.mail.envelopes)


def test_resends_are_counted_even_when_a_resend_is_resent(world: World) -> None:
    first = sent(world)
    for _ in range(3):
        resend(world, newest(world))
        world.work()
    resend(world, first)

    assert newest(world).resend == 4


@on_both
def test_two_people_who_press_at_the_same_moment_send_one(world: World) -> None:
    first = sent(world)

    found = at_once([lambda: resend(world, first)] * 4)

    assert len([one for one in found if isinstance(one, list)]) == 1
    assert all(isinstance(one, list | Refused) for one in found)
    world.work()
    assert len(world.mail.envelopes) == 2


def test_a_mail_that_is_still_on_its_way_is_not_resent(world: World) -> None:
    metric = world.metric()
    world.label(metric)
    world.mail.answers["DATA"] = "451 later"
    world.improve(metric, READ_ONLY)
    waiting = newest(world)

    assert waiting.on_its_way
    assert waiting.state_in_words == "Delayed, tried again"
    assert waiting.next_try_at is not None
    with pytest.raises(Refused, match="on its way"):
        resend(world, waiting)


def test_a_mail_that_was_given_up_can_be_resent(world: World) -> None:
    world.mail.answers["RCPT"] = "550 nobody here"
    refused = sent(world)
    assert (refused.state_in_words, refused.on_its_way) == ("Not delivered", False)
    assert "nobody here" in refused.error

    world.mail.answers.clear()
    resend(world, refused)
    world.work()

    assert newest(world).state_in_words == "Sent"
    found = deliveries.deliveries_of(world.database, world.admin, world.project_id, only_open=True)
    assert [one.id for one in found.deliveries] == [refused.id]


def test_nothing_is_resent_to_somebody_who_has_left(world: World) -> None:
    first = sent(world)
    assert world.editor.user_id is not None
    memberships.remove_member(world.database, world.admin, world.project_id, world.editor.user_id)

    with pytest.raises(Refused, match="no longer a member"):
        deliveries.resend(world.database, world.admin, first.id)


def test_reading_needs_a_member_and_resending_an_editor(world: World) -> None:
    first, stranger = sent(world), person(world.database, "stranger@x.test")
    with pytest.raises(NotAllowed):
        deliveries.deliveries_of(world.database, stranger, world.project_id)
    with pytest.raises(NotFound):
        deliveries.preview(world.database, stranger, first.id, "https://x.test")
    with pytest.raises(NotAllowed):
        deliveries.resend(world.database, world.people[Role.LABELLER], first.id)
    with pytest.raises(NotFound):
        deliveries.preview(world.database, world.admin, first.id + 1, "https://x.test")


def test_the_preview_is_the_mail_that_was_sent(world: World) -> None:
    first = sent(world)

    found = deliveries.preview(world.database, world.people[Role.VIEWER], first.id, world.settings.public_url)

    (envelope,) = world.mail.envelopes
    mail = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
    bodies = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]  # type: ignore[attr-defined]
    assert found.subject == mail["Subject"] == first.subject
    assert [text.split() for text in bodies] == [found.text.split(), found.html.split()]


def test_markup_in_a_metrics_name_is_text_in_the_preview(world: World) -> None:
    found = deliveries.preview(
        world.database, world.admin, sent(world, "<img src=x onerror=alert(1)>").id, "https://x.test"
    )

    assert "<img src=x" not in found.html
    assert "&lt;img src=x" in found.html


def test_mails_come_in_pages_and_by_run(world: World) -> None:
    metric = world.metric()
    world.label(metric)
    world.improve(metric)
    world.improve(metric)
    both = deliveries.deliveries_of(world.database, world.admin, world.project_id, size=1, page=2)
    run = runs.list_runs(world.database, world.admin)[0].id
    of_run = deliveries.deliveries_of(world.database, world.admin, world.project_id, run_id=run)

    assert (both.total, len(both.deliveries)) == (2, 1)
    assert [one.run_id for one in of_run.deliveries] == [run]


@pytest.mark.parametrize(("kind", "number"), [("summary", 0), ("resend-1", 1), ("resend-12", 12)])
def test_the_number_of_a_resend_stands_in_its_kind(kind: str, number: int) -> None:
    assert resend_number(kind) == number
