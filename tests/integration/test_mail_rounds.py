"""Many recipients: one connection, a pace, one address a mail, and workers that are killed in between."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from functools import partial

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from sqlalchemy import func, select

from core.db import database_now
from core.deliveries.pace import NAME, seconds_to_wait
from core.deliveries.rounds import ROUND_SECONDS
from core.models import Delivery, Membership, Setting, User
from core.notifications.message import build_message
from core.notifications.smtp import Post
from core.terms import Role
from core.work import perform
from tests.at_once import at_once
from tests.databases import on_both
from tests.golden.runs import REALISTIC
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.integration.test_smtp_send import NOW
from tests.killed_workers import killed_somewhere
from tests.mails import deliveries, received
from tests.schedule_clock import due_for, fire, scheduled
from tests.world import World

MANY = 500
FAST = 100_000


@dataclass
class Counting(Inbox):
    """Also counts the connections, and ends each after so many messages if told to."""

    connections: set[object] = field(default_factory=set)
    most_each: int = 1_000_000
    taken: Counter[object] = field(default_factory=Counter)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections.add(session.peer)
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.taken[session.peer] >= self.most_each:
            return "421 Enough for one connection"
        return await super().handle_MAIL(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken[session.peer] += 1
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def inbox() -> Iterator[Counting]:
    yield Counting()


def add_members(world: World, number: int) -> None:
    with world.database.write() as session:
        users = [User(email=f"member-{each}@clinic.test") for each in range(number)]
        session.add_all(users)
        session.flush()
        session.add_all(
            Membership(project_id=world.project_id, user_id=user.id, role=Role.VIEWER) for user in users
        )


def finished(world: World, members: int) -> list[int]:
    """A scheduled run that has ended, with nothing mailed yet; the jobs of its mails."""
    schedule = scheduled(world, metric=world.labelled())
    add_members(world, members - 4)
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    [job_id] = world.due_jobs()
    perform(world.place, world.redis, job_id)
    return world.due_jobs()


def through(world: World, port: int, per_minute: int = FAST) -> None:
    world.place = world.with_settings(
        smtp_url=SecretStr(f"smtp://127.0.0.1:{port}"), mail_per_minute=per_minute
    )


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_500_members_are_mailed_over_one_connection_and_see_no_address_but_their_own(
    world: World, inbox: Counting
) -> None:
    jobs = finished(world, MANY)
    assert len(jobs) == MANY
    began = time.monotonic()
    with running_smtp(inbox) as port:
        through(world, port)
        for job_id in jobs:
            perform(world.place, world.redis, job_id)
    assert len(received(world)) == 0, "the world's own server was not asked"
    assert len(inbox.envelopes) == MANY
    rounds = len(inbox.connections)
    assert rounds <= (time.monotonic() - began) / ROUND_SECONDS + 2, "one connection as long as a round lasts"
    recipients = {envelope.rcpt_tos[0] for envelope in inbox.envelopes}
    assert len(recipients) == MANY
    for envelope in inbox.envelopes:
        assert len(envelope.rcpt_tos) == 1
        content = envelope.content or b""
        assert isinstance(content, bytes)
        named = set(content.decode().replace("=\r\n", "").split("member-")[1:])
        assert len(named) <= 1


def test_a_server_that_ends_the_connection_now_and_then_gets_every_mail_once(
    world: World, inbox: Counting
) -> None:
    jobs = finished(world, 12)
    inbox.most_each = 5
    with running_smtp(inbox) as port:
        through(world, port)
        perform(world.place, world.redis, jobs[0])
    assert Counter(len(envelope.rcpt_tos) for envelope in inbox.envelopes) == {1: 12}
    assert len(inbox.connections) == 3
    assert {one.attempts for one in deliveries(world)} == {1}


def test_a_recipient_who_is_refused_does_not_end_the_connection(inbox: Counting) -> None:
    with running_smtp(inbox) as port, Post() as post:
        url = f"smtp://127.0.0.1:{port}"
        for number, answer in enumerate(("250 OK", "550 nobody", "451 later", "250 OK")):
            inbox.answers["RCPT"] = answer
            message = build_message(REALISTIC, f"a{number}@x.test", "p@x.test", f"<{number}@plumbline>", NOW)
            if answer == "250 OK":
                post.send(message, url)
            else:
                with pytest.raises(Exception, match=answer[:3]):
                    post.send(message, url)
    assert len(inbox.connections) == 1
    assert [envelope.rcpt_tos for envelope in inbox.envelopes] == [["a0@x.test"], ["a3@x.test"]]


def test_a_connection_that_died_in_the_meantime_is_opened_anew(inbox: Counting) -> None:
    with Post() as post:
        for number in range(2):
            with running_smtp(inbox) as port:  # the server is started again, at another port or the same
                url = f"smtp://127.0.0.1:{port}"
                message = build_message(REALISTIC, "a@x.test", "p@x.test", f"<{number}@plumbline>", NOW)
                post.send(message, url)
    assert len(inbox.envelopes) == 2


@on_both
def test_several_workers_share_the_work_and_nobody_gets_two(world: World, inbox: Counting) -> None:
    jobs = finished(world, 24)
    with running_smtp(inbox) as port:
        through(world, port)
        at_once([partial(perform, world.place, world.redis, job_id) for job_id in jobs[:4]])
        world.work()
    assert Counter(envelope.rcpt_tos[0] for envelope in inbox.envelopes).most_common(1)[0][1] == 1
    assert len(inbox.envelopes) == 24


@on_both
def test_all_workers_together_keep_to_the_pace(world: World) -> None:
    def turn() -> float:
        with world.database.write() as session:
            return seconds_to_wait(session, per_minute=60)

    waits = sorted(at_once([turn] * 6))
    assert waits[0] < 1.0
    assert waits[-1] > 2.0, "the sixth mail's moment is five seconds after the first one's"


def test_a_clock_that_was_set_back_stops_no_mail(world: World) -> None:
    with world.database.write() as session:
        seconds_to_wait(session, 60)
    with world.database.write() as session:
        session.get_one(Setting, NAME).value = database_now(session).timestamp() + 7 * 86_400
    with world.database.write() as session:
        assert seconds_to_wait(session, 60) < 1.0


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_workers_killed_in_the_middle_leave_nobody_without_a_mail_and_give_nobody_two_unmarked(
    world: World, inbox: Counting
) -> None:
    finished(world, 40)
    chance = random.Random(9)
    with running_smtp(inbox) as port:
        through(world, port)
        for _ in range(4):
            killed_somewhere(world, chance.uniform(0.05, 0.8))
        world.work()
        world.later()
        world.work()
    got = Counter(envelope.rcpt_tos[0] for envelope in inbox.envelopes)
    marked = {one.recipient: one.fates_unknown for one in deliveries(world)}
    assert len(marked) == 40
    for recipient, fates_unknown in marked.items():
        assert 1 <= got[recipient] <= 1 + fates_unknown, (recipient, got[recipient], fates_unknown)
        assert got[recipient] <= 2
    by_id = Counter(mail["Message-ID"] for mail in mails_of(inbox))
    assert len(by_id) == 40, "a mail that is sent once more keeps its id"
    with world.database.read() as session:
        assert session.scalar(select(func.count()).where(Delivery.state == "sent")) == 40


def mails_of(inbox: Inbox) -> list[dict[str, str]]:
    return [dict(message_from_bytes(each.content or b"").items()) for each in inbox.envelopes]  # type: ignore[arg-type]
