"""Webhooks that are told again, or not: receivers that fail, and workers that die."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

import pytest
from sqlalchemy import update

from core import addresses
from core.db import database_now
from core.deliveries.by_webhook import event_id
from core.errors import DeliveryDelayed
from core.models import Delivery
from core.notifications.http_post import post
from core.work import perform
from tests.at_once import at_once
from tests.databases import on_both
from tests.integration.webhook_servers import (
    Receiver,
    asks_for_patience,
    breaks_off,
    drips,
    takes_its_time,
)
from tests.integration.webhook_world import add, sent
from tests.killed_workers import killed_somewhere
from tests.servers import free_port
from tests.world import World

PATH = "/hooks/T0/a-secret-of-the-path?key=it's%20a%20secret%20of%20the%20query"


@pytest.mark.parametrize("status", [500, 503, 429, 404, 401])
def test_a_receiver_that_does_not_take_it_is_told_again_under_the_same_id(
    world: World, receiver: Receiver, status: int
) -> None:
    add(world, receiver.url)
    receiver.answers = [status, status]
    world.edit(world.metric(), "Was the agent polite? New.")
    world.work()
    [waiting] = sent(world)
    assert waiting.state == "waiting"
    assert f"{status} no, thank you" in waiting.error
    assert "secret-path" not in waiting.error
    for _ in range(2):
        world.later()
        world.work()
    [done] = sent(world)
    assert (done.state, done.attempts, done.error) == ("sent", 3, "")
    assert len({told.headers["webhook-id"] for told in receiver.told}) == 1
    assert len({told.body for told in receiver.told}) == 1


def test_a_receiver_that_says_when_is_told_again_no_earlier(world: World, receiver: Receiver) -> None:
    add(world, receiver.url)
    receiver.answers = [asks_for_patience]
    world.edit(world.metric(), "Was the agent polite? New.")
    world.work()
    world.later(timedelta(seconds=890))
    assert world.due_jobs() == []
    world.later(timedelta(seconds=11))
    world.work()
    assert (sent(world)[0].state, len(receiver.told)) == ("sent", 2)


@pytest.mark.slow
@pytest.mark.thorough
@on_both
def test_workers_killed_in_the_middle_leave_no_webhook_untold_and_tell_none_twice_unmarked(
    world: World, receiver: Receiver
) -> None:
    for number in range(12):
        add(world, receiver.url, name=f"Hook {number}")
    receiver.answers = [takes_its_time] * 60
    world.edit(world.metric(), "Was the agent polite? New.")
    chance = random.Random(4)
    for _ in range(4):
        killed_somewhere(world, chance.uniform(0.05, 0.6))
    for _ in range(3):
        world.work()
        world.later()
    told = Counter(one.headers["webhook-id"] for one in receiver.told)
    settled = {event_id(one.message_id): one for one in sent(world)}
    assert len(settled) == 12
    assert told.keys() <= settled.keys(), "what is told again keeps its id"
    for told_id, one in settled.items():
        # Twice a worker died between the mark and the answer: both may have told it, so it is left at that.
        twice_unknown = (one.state, one.fates_unknown) == ("fate_unknown", 2)
        assert (one.state == "sent" and told[told_id] >= 1) or twice_unknown, (one.state, one.fates_unknown)
        assert told[told_id] <= 1 + one.fates_unknown


@pytest.mark.parametrize(("status", "words"), [(410, "nobody listens"), (302, "redirect")])
def test_what_waiting_will_not_mend_is_given_up_at_once(
    world: World, receiver: Receiver, status: int, words: str
) -> None:
    add(world, receiver.url)
    receiver.answers = [status]
    world.edit(world.metric(), "Was the agent polite? New.")
    world.work()
    [failed] = sent(world)
    assert failed.state == "failed"
    assert words in failed.error
    assert world.due_jobs() == []


def test_nobody_there_is_tried_for_a_day(world: World, receiver: Receiver) -> None:
    add(world, f"http://127.0.0.1:{free_port()}/hook")
    world.edit(world.metric(), "Was the agent polite? New.")
    world.work()
    assert "could not be reached" in sent(world)[0].error
    with world.database.write() as session:
        session.execute(update(Delivery).values(created_at=database_now(session) - timedelta(hours=25)))
    world.later()
    world.work()
    assert sent(world)[0].state == "failed"


def test_one_that_breaks_off_before_it_answers_is_told_once_more_and_never_a_third_time(
    world: World, receiver: Receiver
) -> None:
    add(world, receiver.url)
    receiver.answers = [breaks_off, breaks_off, breaks_off]
    world.edit(world.metric(), "Was the agent polite? New.")
    world.work()
    assert sent(world)[0].state == "fate_unknown"
    for _ in range(3):
        world.later()
        world.work()
    assert (sent(world)[0].state, len(receiver.told)) == ("fate_unknown", 2)


@pytest.mark.parametrize("before", [0, 150, 770, 790])
@pytest.mark.parametrize("repeated", [PATH, unquote(PATH), escape(unquote(PATH)), "key a-secret-of-the-path"])
def test_a_receiver_that_repeats_its_address_has_it_told_to_nobody(
    receiver: Receiver, before: int, repeated: str
) -> None:
    """However far in what it says the address stands, and where reading it ends in the middle of it."""

    def says(handler: BaseHTTPRequestHandler) -> None:
        body = f"No. {' ' * before}{repeated}".encode()
        handler.send_response(404)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    receiver.answers = [says]
    with pytest.raises(DeliveryDelayed, match=r"404 No\.") as found:
        post(receiver.url.replace("/hook/secret-path", PATH), {}, b"{}", addresses.addresses_of)

    assert "secret" not in str(found.value) and "a-s" not in str(found.value)


def test_an_answer_that_never_ends_holds_no_worker(receiver: Receiver) -> None:
    receiver.answers = [drips]
    began = time.monotonic()
    with pytest.raises(Exception, match="had not answered"):
        post(receiver.url, {}, b"{}", addresses.addresses_of, seconds=0.5)
    assert time.monotonic() - began < 30


@on_both
def test_many_workers_at_one_message_send_one(world: World, receiver: Receiver) -> None:
    add(world, receiver.url)
    world.edit(world.metric(), "Was the agent polite? New.")
    [job_id] = world.due_jobs()
    at_once([partial(perform, world.place, world.redis, job_id)] * 4)
    assert len(receiver.told) == 1
