"""What the chaos strikes: twenty schedules over twenty metrics, and a model with good and bad ideas."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, update

from core import queue, schedules
from core.db import Database
from core.jobs.workplace import make_workplace
from core.models import Membership, Schedule
from core.terms import Role
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.model_endpoint import ModelEndpoint, Received, Sent
from tests.schedule_clock import ONCE_A_YEAR
from tests.scripted_model import BETTER, POLITE, SAME, WORSE, ScriptedModel
from tests.world import AUTO_APPLY, World, founded, settings_for

METRICS = 20
EVERY_MINUTE = 4
"""So many of the schedules are due by their own cron; the others are made due by the test."""
LONGEST_ANSWER_SECONDS = 0.15
LONGEST_THANKS_SECONDS = 0.4
IDEAS = (BETTER, BETTER, WORSE, SAME)
NUMBER = re.compile(r"This is metric (\d+)\.")


def uneven(received: Received) -> Sent:
    """A model whose writer has a better idea for half of the metrics, a worse one for a quarter, and for
    the rest one that is as good; each with a number of its own, so that no two candidates are the same."""
    found = NUMBER.search("".join(received.texts))
    number = int(found[1]) if found else 0
    idea = f"{IDEAS[number % len(IDEAS)]} This is metric {number}. Idea {received.number}."
    delay = random.uniform(0, LONGEST_ANSWER_SECONDS)
    return ScriptedModel(proposes=idea, delay=delay)(received)


class SlowInbox(Inbox):
    """Keeps a message at once and says so later: who is killed in between does not know its fate."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(random.uniform(0, LONGEST_THANKS_SECONDS))
        return said


@dataclass(frozen=True)
class Clinic:
    """The world and what is in it: `schedules` by id with the metric each one improves; of those that are
    left to their cron, the first moment."""

    world: World
    schedules: dict[int, int]
    by_their_cron: dict[int, datetime]

    @property
    def database(self) -> Database:
        return self.world.database


def first_prompt(number: int) -> str:
    return f"{POLITE} This is metric {number}."


@contextmanager
def open_clinic(database: Database, redis_url: str, home: Path) -> Iterator[Clinic]:
    """A project with its schedules, a listening model and a mail server; two of its people get mail."""
    inbox = SlowInbox()
    with ModelEndpoint(uneven) as endpoint, running_smtp(inbox) as port:
        settings = settings_for(home, database, redis_url, endpoint, f"smtp://127.0.0.1:{port}")
        project_id, people = founded(database)
        place = make_workplace(settings)
        world = World(place, queue.connect(redis_url), endpoint, ScriptedModel(), inbox, project_id, people)
        quiet = [people[role].user_id for role in (Role.VIEWER, Role.LABELLER)]
        with database.write() as session:
            session.execute(
                update(Membership).where(Membership.user_id.in_(quiet)).values(email_notifications=False)
            )
        crons = ["* * * * *"] * EVERY_MINUTE + [ONCE_A_YEAR] * (METRICS - EVERY_MINUTE)
        made = dict(_scheduled(world, number, cron) for number, cron in enumerate(crons))
        yield Clinic(world, made, _first_fires(world, list(made)[:EVERY_MINUTE]))


def _scheduled(world: World, number: int, cron: str) -> tuple[int, int]:
    """The schedule's id and its metric's."""
    metric = world.metric(f"Metric {number:02}", first_prompt(number))
    world.label(metric, right=2, wrong=4)
    made = schedules.add(
        world.database, world.admin, world.project_id, [metric], cron, timezone="UTC", options=AUTO_APPLY
    )
    return made.id, metric


def _first_fires(world: World, schedule_ids: list[int]) -> dict[int, datetime]:
    with world.database.read() as session:
        query = select(Schedule.id, Schedule.next_fire_at).where(Schedule.id.in_(schedule_ids))
        return dict(session.execute(query).all())
