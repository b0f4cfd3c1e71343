"""An installation with the bundled demo model, in which the demo project can be loaded and run."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from redis import Redis
from sqlalchemy import func, or_, select

from core import metrics, queue, runs, schedules
from core.accounts import local_admin
from core.db import Base, Database, database_now
from core.jobs.workplace import Workplace, make_workplace
from core.judging.changes import RowChange
from core.models import Job
from core.runs import READ_ONLY, ResultView, RunView
from core.runs.result_rows import RowView, result_rows
from core.settings import DEMO_MODEL, load_settings
from core.terms import Actor, Origin
from core.work import perform
from demo.model.serving import running
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.servers import PATIENCE, ROOT, get_json, running_redis

CLINIC = ROOT / "demo" / "clinic"
MANY = 1_000
"""More rows than any metric of the demo has."""


@dataclass(frozen=True)
class Demo:
    """The installation; `model_port` is where the demo model also says what it was asked."""

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
        """`python -m core …` in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "core", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def work(self) -> None:
        """Perform jobs as workers do, one after the other, until none is due."""
        while due := self._due_jobs():
            for job_id in due:
                perform(self.place, self.redis, job_id)

    def run_now(self, schedule_id: int) -> RunView:
        """*Run now* on a schedule, from the click to the last mail."""
        run_id, _ = schedules.run_now(self.database, self.admin, schedule_id)
        self.work()
        return runs.show_run(self.database, self.admin, run_id)

    def improve(self, metric_id: int) -> ResultView:
        """A read-only run on one metric."""
        started = runs.improve(self.database, self.admin, metric_id, READ_ONLY)
        self.work()
        return runs.show_run(self.database, self.admin, started.run_id).results[0]

    def rows(self, result: ResultView) -> dict[RowChange, tuple[RowView, ...]]:
        """Every labelled row of a result, by what became of it."""
        return {
            change: result_rows(self.database, self.admin, result.id, change, limit=MANY).rows
            for change in RowChange
        }

    def asked(self) -> dict[str, int]:
        """How many requests reached the model, by kind."""
        counts = get_json(self.model_port, "/requests")
        assert counts is not None
        return {kind: counts[kind] for kind in ("judge", "writer", "other")}

    def judge_requests(self) -> list[str]:
        """The bodies of the requests to the judge, as they came."""
        shown = get_json(self.model_port, "/requests?bodies=1")
        assert shown is not None
        assert len(shown["bodies"]) == shown["total"], "the model no longer has every body"
        return [entry["body"] for entry in shown["bodies"] if entry["kind"] == "judge"]

    def forget_requests(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.model_port, timeout=PATIENCE)
        connection.request("DELETE", "/requests")
        assert connection.getresponse().status == http.client.OK
        connection.close()

    def mails(self) -> list[EmailMessage]:
        found = [message_from_bytes(each.content or b"", policy=default) for each in self.mail.envelopes]  # type: ignore[arg-type]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def contents(self) -> dict[str, int]:
        """How many rows each table of the database has."""
        with self.database.read() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
            }

    def _due_jobs(self) -> list[int]:
        with self.database.read() as session:
            due = or_(Job.not_before.is_(None), Job.not_before <= database_now(session))
            return list(session.scalars(select(Job.id).where(Job.status == "queued", due).order_by(Job.id)))


@dataclass(frozen=True)
class FirstRun:
    """The demo project after its first *Run now*: what had reached the model before and after it, and
    the mails by then."""

    demo: Demo
    loaded: dict[str, Any]
    run: RunView
    asked_by_loading: dict[str, int]
    asked: dict[str, int]
    mails: list[EmailMessage]

    def result(self, name: str) -> ResultView:
        [found] = [result for result in self.run.results if result.metric == name]
        return found

    def rows(self, name: str) -> dict[RowChange, tuple[RowView, ...]]:
        return self.demo.rows(self.result(name))

    def held_out(self, name: str) -> tuple[int, int]:
        """How many held-out rows agreed with the live prompt and with the rewrite."""
        scores = self.result(name).held_out
        assert scores is not None
        return scores["baseline"]["correct"], scores["optimised"]["correct"]

    def mail_text(self) -> str:
        """The text part of the run's mail."""
        part = self.mails[0].get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    def mail_sections(self) -> dict[str, str]:
        """What the mail shows of each candidate, below its heading, by metric."""
        parts = [part.strip() for part in self.mail_text().split(f"{'=' * 72}\n")]
        return {
            title.removeprefix("What changed in ").removeprefix("What would change in "): body
            for title, body in zip(parts[1::2], parts[2::2], strict=True)
        }


@contextmanager
def demo_installation(home: Path) -> Iterator[Demo]:
    """A new installation: an empty home, a Redis, the demo model and a mail server."""
    inbox = Inbox()
    with running_redis(home) as redis, running() as model, running_smtp(inbox) as smtp_port:
        chosen: dict[str, Any] = {
            "plumbline_home": str(home),
            "redis_url": redis.url,
            "llm_base_url": model,
            "llm_model": DEMO_MODEL,
            "smtp_url": f"smtp://127.0.0.1:{smtp_port}",
        }
        environment = {"PATH": os.environ["PATH"], **{name.upper(): value for name, value in chosen.items()}}
        place = make_workplace(load_settings(_env_file=None, **chosen))
        model_port = int(model.removesuffix("/v1").rpartition(":")[2])
        yield Demo(place, queue.connect(redis.url), environment, model_port, inbox)


def plan() -> dict[str, Any]:
    """What `project.json` says."""
    read: dict[str, Any] = json.loads((CLINIC / "project.json").read_text(encoding="utf-8"))
    return read


def entry(name: str) -> dict[str, Any]:
    """What `project.json` says of a metric."""
    [found] = [each for each in plan()["metrics"] if each["name"] == name]
    return dict(found)


def definition(name: str) -> dict[str, Any]:
    """The metric's first definition, before any run."""
    return metrics.definition_json(metrics.read_definition(entry(name)["definition"]))


def texts(given: dict[str, Any]) -> tuple[str, str]:
    """Description and trigger of a definition as JSON, as mails show them."""
    kind, text = given["evaluation_trigger"]["kind"], given["evaluation_trigger"]["text"]
    return given["description"], f"{kind}: {text}" if text else kind


def lines_of(name: str) -> list[dict[str, Any]]:
    """A file of the demo's calls or labels, one object a line."""
    return [json.loads(line) for line in (CLINIC / name).read_text(encoding="utf-8").splitlines()]
