"""How a mail goes out: later when it must, and never twice without need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.orm import Session as SQLSession

from core import jobs, runs
from core.db import Database, database_now
from core.deliveries import deliver
from core.errors import LeaseLost
from core.jobs.workplace import Workplace
from core.models import Delivery, Job
from core.runs import READ_ONLY
from core.work import perform
from tests.at_once import at_once
from tests.databases import on_both
from tests.integration.smtp_servers import Conversation, Inbox, running_smtp, scripted_smtp
from tests.mails import mails, received, the_delivery
from tests.servers import free_port
from tests.world import World


def with_mail_at(world: World, port: int) -> Workplace:
    return world.with_settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{port}"))


def test_a_mail_server_that_is_down_delays_the_mail_and_it_goes_out_later(world: World) -> None:
    up = world.place
    world.place = with_mail_at(world, free_port())
    world.improve(world.labelled())
    assert the_delivery(world).state == "waiting"
    assert "could not be used" in the_delivery(world).error
    assert world.due_jobs() == []

    world.later(timedelta(hours=2))
    world.work()
    assert (the_delivery(world).state, the_delivery(world).attempts) == ("waiting", 2)

    world.place = up
    world.later(timedelta(hours=2))
    world.work()
    assert (the_delivery(world).state, the_delivery(world).error) == ("sent", "")
    assert received(world) == ["editor@clinic.test"]


def test_a_mail_that_cannot_be_sent_for_a_day_is_given_up(world: World) -> None:
    world.place = with_mail_at(world, free_port())
    world.improve(world.labelled())
    with world.database.write() as session:
        session.execute(update(Delivery).values(created_at=database_now(session) - timedelta(hours=25)))
    world.later()
    world.work()
    assert the_delivery(world).state == "failed"
    assert world.due_jobs() == []
    world.later()
    assert world.due_jobs() == []


@pytest.mark.parametrize("already", [0, 3])
def test_a_mail_over_which_workers_died_is_put_off_and_goes_out_later(world: World, already: int) -> None:
    up, world.place = world.place, with_mail_at(world, free_port())
    world.improve(world.labelled())
    world.place = up
    with world.database.write() as session:
        deliver_jobs = update(Job).where(Job.kind == "deliver")
        session.execute(deliver_jobs.values(attempt=jobs.MAX_ATTEMPTS, not_before=None))
        session.execute(update(Delivery).values(attempts=already))
    world.work()
    assert (the_delivery(world).state, the_delivery(world).attempts) == ("waiting", already + 1)
    assert f"stopped {jobs.MAX_ATTEMPTS} times" in the_delivery(world).error
    assert received(world) == []

    world.later(timedelta(seconds=30 * 2**already))
    world.work()
    assert (the_delivery(world).state, the_delivery(world).error) == ("sent", "")
    assert received(world) == ["editor@clinic.test"]


def test_the_pauses_between_attempts_grow(world: World) -> None:
    world.place = with_mail_at(world, free_port())
    world.improve(world.labelled())
    pauses = []
    for _ in range(4):
        with world.database.read() as session:
            job = session.scalars(select(Job).where(Job.kind == "deliver")).one()
            assert job.not_before is not None
            pauses.append(job.not_before - database_now(session))
        world.later()
        world.work()
    assert pauses == sorted(pauses)
    assert timedelta(seconds=20) < pauses[0] < timedelta(seconds=31)


def test_a_mail_server_that_says_no_for_good_is_not_asked_again(world: World) -> None:
    world.mail.answers["RCPT"] = "550 No such mailbox"
    world.improve(world.labelled())
    assert the_delivery(world).state == "failed"
    assert "550 No such mailbox" in the_delivery(world).error
    world.later()
    assert world.due_jobs() == []


def test_a_mail_server_that_says_not_now_is_asked_again(world: World) -> None:
    world.mail.answers["DATA"] = "451 Try again later"
    world.improve(world.labelled())
    assert the_delivery(world).state == "waiting"
    world.mail.answers.clear()
    world.later()
    world.work()
    assert the_delivery(world).state == "sent"
    assert len({mail["Message-ID"] for mail in mails(world)}) == 1


class Lost:
    """A mail server that takes a message whole, and dies before it answers."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    def __call__(self, conversation: Conversation) -> None:
        conversation.greet()
        content = conversation.take_content()
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        conversation.break_off()


@on_both
def test_a_mail_of_unknown_fate_is_marked_so_and_sent_once_more_under_the_same_id(world: World) -> None:
    up, lost = world.place, Lost()
    with scripted_smtp(lost) as port:
        world.place = with_mail_at(world, port)
        world.improve(world.labelled())
    assert the_delivery(world).state == "fate_unknown"
    assert "may have been delivered" in the_delivery(world).error

    world.place = up
    world.later()
    world.work()
    assert the_delivery(world).state == "sent"
    assert [mail["Message-ID"] for mail in (*lost.taken, *mails(world))] == [
        the_delivery(world).message_id
    ] * 2


def test_a_mail_whose_fate_is_unknown_twice_is_never_sent_a_third_time(world: World) -> None:
    up, lost = world.place, Lost()
    finished_and_not_mailed(world)
    for _ in range(2):
        with scripted_smtp(lost) as port:
            world.place = with_mail_at(world, port)
            world.work()
        world.later()
    world.place = up
    world.later()
    world.work()
    assert (the_delivery(world).state, len(lost.taken), received(world)) == ("fate_unknown", 2, [])
    assert world.due_jobs() == []


@dataclass
class TakenOver(Inbox):
    """Takes a message and answers as it should, to a worker that is dead by then."""

    die: Callable[[], object] = lambda: None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        self.die()
        return answer


@contextmanager
def dying_while_sending(world: World) -> Iterator[Inbox]:
    """Workers lose their lease between the mail server's answer and the mark that the mail was sent."""
    [job_id] = world.due_jobs()

    def die() -> None:
        world.silence(job_id)
        jobs.expire_leases(world.database, 20.0)

    up = world.place
    with running_smtp(inbox := TakenOver(die=die)) as port:
        world.place = with_mail_at(world, port)
        yield inbox
    world.place = up


def finished_and_not_mailed(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.labelled(), READ_ONLY)
    perform(world.place, world.redis, started.job_id)


@on_both
def test_a_worker_killed_between_sending_and_marking_leaves_the_mail_to_be_sent_once_more(
    world: World,
) -> None:
    finished_and_not_mailed(world)
    [job_id] = world.due_jobs()
    with dying_while_sending(world) as first:
        perform(world.place, world.redis, job_id)
    assert the_delivery(world).state == "sending"

    world.work()

    assert (the_delivery(world).state, the_delivery(world).fates_unknown) == ("sent", 1)
    assert [len(first.envelopes), len(world.mail.envelopes)] == [1, 1]


def test_two_workers_killed_while_sending_leave_it_at_that(world: World) -> None:
    finished_and_not_mailed(world)
    [job_id] = world.due_jobs()
    with dying_while_sending(world) as inbox:
        perform(world.place, world.redis, job_id)
        perform(world.place, world.redis, job_id)
    world.work()
    assert (the_delivery(world).state, len(inbox.envelopes), received(world)) == ("fate_unknown", 2, [])
    assert "not sent a third time" in the_delivery(world).error
    assert world.due_jobs() == []


def test_a_mail_that_cannot_even_be_written_is_given_up_after_a_day(world: World) -> None:
    finished_and_not_mailed(world)
    with world.database.write() as session:
        session.execute(update(Delivery).values(run_id=None))  # as no use case would leave it
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        world.work()
        world.later()
    assert (the_delivery(world).state, the_delivery(world).attempts) == ("waiting", 1)
    with world.database.write() as session:
        session.execute(update(Delivery).values(created_at=database_now(session) - timedelta(hours=25)))
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        world.work()
        world.later()
    assert (the_delivery(world).state, the_delivery(world).fates_unknown) == ("failed", 0)
    assert "3 times" in the_delivery(world).error
    assert world.due_jobs() == []


def test_an_address_that_is_none_fails_with_the_reason(world: World) -> None:
    finished_and_not_mailed(world)
    with world.database.write() as session:
        session.execute(update(Delivery).values(recipient="nobody"))
    world.work()
    assert the_delivery(world).state == "failed"
    assert "“nobody” is not an email address" in the_delivery(world).error


def test_without_a_mail_server_the_mail_waits_and_says_what_to_set(world: World) -> None:
    world.place = world.with_settings(smtp_url=None)
    world.improve(world.labelled())
    assert the_delivery(world).state == "waiting"
    assert "set SMTP_URL" in the_delivery(world).error


@on_both
def test_many_workers_at_one_delivery_send_one_mail(world: World) -> None:
    finished_and_not_mailed(world)
    [job_id] = world.due_jobs()
    at_once([partial(perform, world.place, world.redis, job_id)] * 4)
    assert received(world) == ["editor@clinic.test"]
    assert the_delivery(world).state == "sent"


class SlowToRead(Database):
    """A database that lets something happen before the first time it is read."""

    def __init__(self, url: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(url)
        self.meanwhile: Callable[[], object] | None = meanwhile

    def read(self) -> AbstractContextManager[SQLSession]:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        return super().read()


def test_a_worker_that_was_only_thought_dead_does_not_send(world: World) -> None:
    """It writes the mail so slowly that another worker has the delivery, and sends it, by then."""
    finished_and_not_mailed(world)
    [job_id] = world.due_jobs()
    old = jobs.claim(world.database, job_id)
    assert old is not None

    def take_over() -> None:
        world.silence(job_id)
        jobs.expire_leases(world.database, 20.0)
        world.work()

    with pytest.raises(LeaseLost):
        deliver(replace(world.place, database=SlowToRead(world.database.url, take_over)), old)

    assert received(world) == ["editor@clinic.test"]
    assert the_delivery(world).state == "sent"
