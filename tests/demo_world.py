"""The bundled demo project, loaded by its command, with a real demo model, Redis and mail server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import or_, select

from core import metrics, queue, runs, schedules
from core.accounts import local_admin
from core.db import Database, database_now
from core.jobs.workplace import Workplace, make_workplace
from core.models import Job
from core.runs import READ_ONLY, ResultView, RunOptions, RunView
from core.runs.result_rows import RowChange, RowView, result_rows
from core.settings import load_settings
from core.terms import Actor, Origin
from core.work import perform
from demo.model.serving import running
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.servers import ROOT, get_json, running_redis

CLINIC = ROOT / "demo" / "clinic"
EVERY_ROW = 1_000


@dataclass(frozen=True)
class Demo:
    """An installation with a demo model; `model_port` is where that model says what it was asked."""

    place: Workplace
    redis: Redis
    environment: dict[str, str]
    model_port: int
    mail: Inbox

    @property
    def database(self) -> Database:
        return self.place.database

    @property
    def admin(self) -> Actor:
        return local_admin(self.database, self.place.settings.admin_email, Origin.PAGE)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`python -m core …`, as a person types it."""
        return subprocess.run(
            [sys.executable, "-m", "core", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def load(self) -> dict[str, Any]:
        """Load the demo project; the ids it was given."""
        ended = self.command("demo", "load", "--json")
        assert ended.returncode == 0, ended.stderr
        loaded: dict[str, Any] = json.loads(ended.stdout)
        return loaded

    def work(self) -> None:
        """Perform jobs as workers do, one after the other, until none is due."""
        while due := self._due_jobs():
            for job_id in due:
                perform(self.place, self.redis, job_id)

    def run_now(self, schedule_id: int) -> RunView:
        """*Run now* on the schedule, from the click to the last mail."""
        run_id, _ = schedules.run_now(self.database, self.admin, schedule_id)
        self.work()
        return runs.show_run(self.database, self.admin, run_id)

    def improve(self, metric_id: int, options: RunOptions = READ_ONLY) -> ResultView:
        started = runs.improve(self.database, self.admin, metric_id, options)
        self.work()
        return runs.show_run(self.database, self.admin, started.run_id).results[0]

    def rows(self, result: ResultView) -> dict[RowChange, tuple[RowView, ...]]:
        """Every labelled row of a result, by what became of it."""
        return {
            change: result_rows(self.database, self.admin, result.id, change, limit=EVERY_ROW).rows
            for change in RowChange
        }

    def live(self, metric_id: int) -> metrics.MetricView:
        return metrics.retrieve(self.database, self.admin, metric_id)

    def asked(self) -> dict[str, int]:
        """How many requests reached the model so far, by kind."""
        counts = get_json(self.model_port, "/requests")
        assert counts is not None
        return {kind: counts[kind] for kind in ("judge", "writer", "other")}

    def judge_bodies(self) -> list[str]:
        """The newest requests to the judge, byte for byte as they came."""
        shown = get_json(self.model_port, "/requests?bodies=1")
        assert shown is not None
        return [entry["body"] for entry in shown["bodies"] if entry["kind"] == "judge"]

    def mails(self) -> list[str]:
        """The text parts of the mails that arrived."""
        messages = [
            message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
            for envelope in self.mail.envelopes
        ]
        return [message.get_body(("plain",)).get_content() for message in messages]

    def _due_jobs(self) -> list[int]:
        with self.database.read() as session:
            due = or_(Job.not_before.is_(None), Job.not_before <= database_now(session))
            return list(session.scalars(select(Job.id).where(Job.status == "queued", due).order_by(Job.id)))


@contextmanager
def demo_installation(home: Path) -> Iterator[Demo]:
    """An installation without a project: a home, a Redis, the demo model and a mail server."""
    inbox = Inbox()
    with running_redis(home) as redis, running() as model, running_smtp(inbox) as smtp_port:
        chosen = {
            "plumbline_home": str(home),
            "redis_url": redis.url,
            "llm_base_url": model,
            "llm_model": "plumbline-demo",
            "smtp_url": f"smtp://127.0.0.1:{smtp_port}",
        }
        environment = {name.upper(): value for name, value in chosen.items()}
        place = make_workplace(load_settings(_env_file=None, **chosen))
        model_port = int(model.removesuffix("/v1").rpartition(":")[2])
        path = {"PATH": os.environ["PATH"]}
        yield Demo(place, queue.connect(redis.url), path | environment, model_port, inbox)
