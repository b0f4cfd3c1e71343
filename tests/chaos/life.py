"""What goes on while things are killed: schedules come due, and people label, edit and change schedules.

A cron of five fields is due once a minute at most. To be due every few seconds, a schedule that is due
once a year is moved forward in the database: `next_fire_at` is set to a moment that has just come, or
to one two hours ago, as if nothing had been running since. Nobody's clock is touched, and the product
reads that column as always. Every such moment is written down, to be asked for at the end. A few
schedules are due each minute by their own cron and left alone.
"""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import metrics, queue, schedules
from core.db import database_now
from core.errors import EditedMeanwhile
from core.models import Schedule
from core.terms import Definition
from tests.chaos.clinic import Clinic
from tests.schedule_clock import ONCE_A_YEAR
from tests.world import AUTO_APPLY

TURN_SECONDS = 0.1
MEAN_SECONDS = 3.0
"""Between two due moments of one schedule."""
TOO_LATE_SHARE = 0.05
TOO_LATE = timedelta(hours=2)
TOLD_SHARE = 0.5
"""How often Redis is told, as a page does when it saves a schedule; else the database alone knows."""
EDITS_A_SECOND = 2.0
HANDLED_A_SECOND = 0.5
"""How often somebody pauses a schedule and resumes it, or gives it another rhythm."""
RHYTHMS = (ONCE_A_YEAR, "0 9 2 1 *")


@dataclass
class Life:
    """`due` are the moments that must be accounted for, `edits` what people saved of metrics, `handled` how
    often somebody changed a schedule."""

    clinic: Clinic
    chance: random.Random
    due: list[tuple[int, datetime]] = field(default_factory=list)
    edits: int = 0
    handled: int = 0

    def go_on(self, until: threading.Event) -> None:
        made_due = [each for each in self.clinic.schedules if each not in self.clinic.by_their_cron]
        while not until.wait(TURN_SECONDS):
            chosen = [each for each in made_due if self.chance.random() < TURN_SECONDS / MEAN_SECONDS]
            for schedule_id in chosen:
                self._make_due(schedule_id)
            if self.chance.random() < EDITS_A_SECOND * TURN_SECONDS:
                self._edit(self.chance.choice(list(self.clinic.schedules.values())))
            if self.chance.random() < HANDLED_A_SECOND * TURN_SECONDS:
                self._handle(self.chance.choice(made_due))

    def _make_due(self, schedule_id: int) -> None:
        with self.clinic.database.write() as session:
            at = self._moved(session, schedule_id)
        if at is None:
            return
        self.due.append((schedule_id, at))
        if self.chance.random() < TOLD_SHARE:
            queue.announce_fire(self.clinic.world.redis, schedule_id, at)

    def _moved(self, session: Session, schedule_id: int) -> datetime | None:
        """None where the last moment is still waiting for a scheduler."""
        now = database_now(session)
        at = now - TOO_LATE if self.chance.random() < TOO_LATE_SHARE else now + self._soon()
        return session.scalar(
            update(Schedule)
            .where(Schedule.id == schedule_id, Schedule.next_fire_at > now + timedelta(minutes=1))
            .values(next_fire_at=at)
            .returning(Schedule.next_fire_at)
        )

    def _soon(self) -> timedelta:
        return timedelta(milliseconds=self.chance.randrange(1000))

    def _edit(self, metric_id: int) -> None:
        """Somebody goes back to a prompt that misses the bad calls, and labels one more of them."""
        world = self.clinic.world
        world.row(metric_id, f"{self.edits} angry never again", expected="false", feedback="It ended badly.")
        found = metrics.retrieve(world.database, world.editor, metric_id)
        number = found.name.rpartition(" ")[2].lstrip("0") or "0"
        edited = Definition(f"Did the agent stay polite? This is metric {number}. Edit {self.edits}.")
        with suppress(EditedMeanwhile):
            metrics.edit_definition(
                world.database, world.editor, metric_id, edited, expected_revision=found.revision
            )
            self.edits += 1

    def _handle(self, schedule_id: int) -> None:
        """Somebody changes a schedule, which may be due and not handled: its moment is to be accounted for.

        One that is due within moments is left alone: whether it still was, nobody could tell afterwards.
        """
        world = self.clinic.world
        with world.database.read() as session:
            now, at = database_now(session), session.get_one(Schedule, schedule_id).next_fire_at
        if at is None or now < at <= now + timedelta(minutes=1):
            return
        if self.chance.random() < 0.5:
            schedules.pause(world.database, world.admin, schedule_id)
            schedules.resume(world.database, world.admin, schedule_id)
        else:
            self._change_rhythm(schedule_id)
        self.handled += 1

    def _change_rhythm(self, schedule_id: int) -> None:
        world = self.clinic.world
        found = schedules.schedule_details(world.database, world.admin, schedule_id)
        with suppress(EditedMeanwhile):
            schedules.update(
                world.database,
                world.admin,
                schedule_id,
                name=found.name,
                metrics=[metric.id for metric in found.metrics],
                cron=next(each for each in RHYTHMS if each != found.cron),
                timezone=found.timezone,
                options=AUTO_APPLY,
                expected_revision=found.revision,
            )


def moments_by_cron(clinic: Clinic) -> list[tuple[int, datetime]]:
    """The due moments of the schedules that were left to their cron: each minute from its first fire up
    to the one it waits for now."""
    found = []
    with clinic.database.read() as session:
        waits_for = dict(session.execute(select(Schedule.id, Schedule.next_fire_at)).all())
    for schedule_id, first in clinic.by_their_cron.items():
        at, end = first, waits_for[schedule_id]
        while at < end:
            found.append((schedule_id, at))
            at += timedelta(minutes=1)
    return found
