"""One storm: life goes on, things are killed, then all is left in peace, and the account is made."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from core.db import Database, database_now
from core.health import alive
from core.models import Job, Run, Schedule
from tests.chaos.clinic import Clinic, open_clinic
from tests.chaos.host import Host, hosting
from tests.chaos.killer import Killer
from tests.chaos.life import Life, moments_by_cron
from tests.chaos.reckoning import Fires, Mails, Work, fires, mails, work
from tests.servers import RedisServer, wait_until

PEACE_SECONDS = 240.0


@dataclass(frozen=True)
class Account:
    """Everything that is asserted and printed about one storm."""

    database: str
    seconds: float
    peace_seconds: float
    seed: int
    due: int
    edits: int
    handled: int
    killer: Killer
    starts: int
    ended_alone: list[str]
    fires: Fires
    work: Work
    mails: Mails

    def row(self) -> dict[str, str]:
        """The line of the table, by heading."""
        late, struck = self.fires.lateness, self.killer.struck
        return {
            "database": self.database,
            "seconds": f"{self.seconds:.0f} + {self.peace_seconds:.0f}",
            "due": str(self.due),
            "run": str(self.fires.kinds["run"]),
            "skipped": str(self.fires.kinds["skipped"]),
            "missed": str(self.fires.kinds["missed"]),
            "lost": str(len(self.fires.lost)),
            "doubled": str(len(self.fires.doubled) + len(self.fires.strange)),
            "late p50 / max": f"{late[len(late) // 2]:.1f} / {late[-1]:.1f} s" if late else "",
            "kills": str(self.killer.kills),
            "of them": ", ".join(
                f"{struck[name]} {name}"
                for name in ("horse", "worker", "worker and horse", "scheduler")
                if struck[name]
            ),
            "redis restarts": str(struck["redis"]),
            "flushes": str(struck["flush"]),
            "ended alone": str(len(self.ended_alone)),
            "outcomes": ", ".join(f"{times} {name}" for name, times in self.work.outcomes.most_common()),
            "edits": str(self.edits),
            "schedules changed": str(self.handled),
            "versions": str(self.work.versions),
            "mails": str(self.mails.handed_over),
            "fates unknown": str(self.mails.fates_unknown),
            "rows of mails": ", ".join(f"{times} {name}" for name, times in self.mails.states.most_common()),
        }


def table(rows: Sequence[dict[str, str]]) -> str:
    """One line a heading, one column a storm: easier to read than twenty columns."""
    lines = [f"| {name} | " + " | ".join(row[name] for row in rows) + " |" for name in rows[0]]
    return "\n".join([lines[0], "|---" * (len(rows) + 1) + "|", *lines[1:]])


def storm(
    database: Database, redis: RedisServer, folder: Path, seconds: float, mean_seconds: float, seed: int
) -> Account:
    """Let it rage for so long, a strike every `mean_seconds` on average; raises AssertionError where
    what was begun does not come to an end by itself."""
    with (
        open_clinic(database, redis.url, folder) as clinic,
        hosting(clinic.world.settings, database.url, folder) as host,
    ):
        wait_until(lambda: _all_beat(database), "the processes")
        killer = Killer(host, redis, random.Random(seed), mean_seconds)
        life = Life(clinic, random.Random(seed + 1))
        _rage(killer, life, seconds)
        began = time.monotonic()
        _be_quiet(clinic)
        _come_to_rest(clinic, host)
        due = life.due + moments_by_cron(clinic)
        return Account(
            database=database.engine.dialect.name,
            seconds=seconds,
            peace_seconds=time.monotonic() - began,
            seed=seed,
            due=len(due),
            edits=life.edits,
            handled=life.handled,
            killer=killer,
            starts=host.starts,
            ended_alone=host.ended_alone,
            fires=fires(clinic, due),
            work=work(clinic, life.edits),
            mails=mails(clinic),
        )


def _rage(killer: Killer, life: Life, seconds: float) -> None:
    end = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        going = [pool.submit(killer.strike_until, end), pool.submit(life.go_on, end)]
        end.wait(seconds)
        end.set()
    for each in going:
        each.result()


def _be_quiet(clinic: Clinic) -> None:
    """From here on nothing comes due: the schedules of each minute are paused once what was due is done."""
    with clinic.database.read() as session:
        stop = database_now(session)
    wait_until(lambda: _none_due(clinic, stop), "what was due to be fired", PEACE_SECONDS)
    with clinic.database.write() as session:
        session.execute(update(Schedule).where(Schedule.id.in_(clinic.by_their_cron)).values(enabled=False))


def _none_due(clinic: Clinic, stop: object) -> bool:
    with clinic.database.read() as session:
        return session.scalar(select(Schedule.id).where(Schedule.next_fire_at <= stop).limit(1)) is None


def _come_to_rest(clinic: Clinic, host: Host) -> None:
    try:
        wait_until(lambda: _at_rest(clinic), "every run and mail to end", PEACE_SECONDS)
        wait_until(host.all_running, "every process to run")
        wait_until(lambda: _all_beat(clinic.database), "a sign of life of every process")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{host.errors()}") from None


def _at_rest(clinic: Clinic) -> bool:
    """In one statement: between two, a run could end and leave its mails to be sent unseen."""
    unfinished = select(Job.id).where(Job.status.in_(("queued", "running"))).exists()
    going = select(Run.id).where(Run.finished_at.is_(None)).exists()
    with clinic.database.read() as session:
        return not session.scalar(select(unfinished | going))


def _all_beat(database: Database) -> bool:
    with database.read() as session:
        return all(len(alive(session, kind)) >= 2 for kind in ("worker", "scheduler"))
