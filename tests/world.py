"""A project as it stands in production: a migrated database, Redis, a model, a mail server and people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, or_, select, update

from core import jobs, metrics, queue, runs, schedules
from core.accounts import add_project, add_user
from core.db import Database, database_now
from core.jobs.workplace import Workplace, make_workplace
from core.lab.transcripts import transcript_digest
from core.models import AuditEvent, Call, Job, MetricReview, User
from core.runs import READ_ONLY, ResultView, RunOptions, RunView
from core.settings import Settings, load_settings
from core.terms import Actor, Definition, EvalSettings, Message, Origin, Role
from core.work import perform
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.model_endpoint import ModelEndpoint
from tests.scripted_model import BAD, GOOD, POLITE, ScriptedModel

AUTO_APPLY = RunOptions(auto_apply=True)


@dataclass
class World:
    """One project, “Clinic”, with a person of each role who is a member of it alone."""

    place: Workplace
    redis: Redis
    endpoint: ModelEndpoint
    model: ScriptedModel
    mail: Inbox
    project_id: int
    people: dict[Role, Actor]

    @property
    def database(self) -> Database:
        return self.place.database

    @property
    def settings(self) -> Settings:
        return self.place.settings

    @property
    def editor(self) -> Actor:
        return self.people[Role.EDITOR]

    @property
    def admin(self) -> Actor:
        return self.people[Role.ADMIN]

    def with_settings(self, **changed: Any) -> Workplace:
        """The workplace of a worker that was started with other settings."""
        return make_workplace(self.settings.model_copy(update=changed))

    def metric(self, name: str = "Polite", description: str = POLITE, **options: Any) -> int:
        settings = options.pop("settings", EvalSettings())
        definition = Definition(description)
        made = metrics.add(self.database, self.admin, self.project_id, name, definition, settings, **options)
        return made.id

    def labelled(self, name: str = "Polite", *, right: int = 3, wrong: int = 6) -> int:
        """A metric with labels, as `label` makes them."""
        metric_id = self.metric(name)
        self.label(metric_id, right=right, wrong=wrong)
        return metric_id

    def label(self, metric_id: int, *, right: int = 3, wrong: int = 3, note: str = "It ended badly.") -> None:
        """Labelled rows that the prompt POLITE gets right (the good calls) and wrong (the bad ones)."""
        for number in range(right):
            self.row(metric_id, f"{number} pleased {GOOD}", expected="true")
        for number in range(wrong):
            self.row(metric_id, f"{number} angry {BAD}", expected="false", feedback=note)

    def row(self, metric_id: int, said: str, *, expected: str | None = None, feedback: str = "") -> int:
        """A call with one turn in the metric's Lab, with a label and a note if given; the review's id."""
        with self.database.write() as session:
            external_id = f"call-{session.scalar(select(func.count()).select_from(Call))}"
            call = Call(
                project_id=self.project_id,
                external_id=external_id,
                transcript=[{"role": "user", "content": said}],
                digest=transcript_digest([Message("user", said)]),
            )
            session.add(call)
            session.flush()
            review = MetricReview(metric_id=metric_id, call_id=call.id, feedback=feedback)
            review.labelled, review.expected_value = expected is not None, expected
            session.add(review)
            session.flush()
            return review.id

    def due_jobs(self) -> list[int]:
        with self.database.read() as session:
            due = or_(Job.not_before.is_(None), Job.not_before <= database_now(session))
            return list(session.scalars(select(Job.id).where(Job.status == "queued", due).order_by(Job.id)))

    def work(self) -> None:
        """Perform jobs as workers do, one after the other, until none is due."""
        while due := self.due_jobs():
            for job_id in due:
                perform(self.place, self.redis, job_id)

    def later(self, by: timedelta = timedelta(days=2)) -> None:
        """Let so much time pass for every job that waits for a later moment."""
        with self.database.write() as session:
            for job in session.scalars(select(Job).where(Job.not_before.is_not(None))):
                assert job.not_before is not None
                job.not_before -= by

    def improve(self, metric_id: int, options: RunOptions = READ_ONLY) -> ResultView:
        """A run by the editor on one metric, from the button to its outcome."""
        started = runs.improve(self.database, self.editor, metric_id, options)
        self.work()
        return self.run(started.run_id).results[0]

    def scheduled_run(self, *metric_ids: int) -> tuple[int, list[int]]:
        """A run of a schedule over the metrics, started now; its id and jobs."""
        made = schedules.add(self.database, self.admin, self.project_id, metric_ids, "@yearly")
        return schedules.run_now(self.database, self.admin, made.id)

    def run(self, run_id: int) -> RunView:
        return runs.show_run(self.database, self.admin, run_id)

    def live(self, metric_id: int) -> str:
        """The metric's live prompt."""
        return metrics.retrieve(self.database, self.admin, metric_id).definition.description

    def edit(self, metric_id: int, description: str) -> None:
        revision = metrics.retrieve(self.database, self.editor, metric_id).revision
        definition = Definition(description)
        metrics.edit_definition(self.database, self.editor, metric_id, definition, expected_revision=revision)

    def job(self, job_id: int) -> jobs.JobView:
        return jobs.view(self.database, job_id)

    def silence(self, job_id: int) -> None:
        """Let a job's last heartbeat be an hour old."""
        with self.database.write() as session:
            long_ago = database_now(session) - timedelta(hours=1)
            session.execute(update(Job).where(Job.id == job_id).values(heartbeat_at=long_ago))

    def audit(self) -> list[str]:
        """The actions recorded so far, oldest first."""
        with self.database.read() as session:
            return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def endpoint(model: ScriptedModel) -> Iterator[ModelEndpoint]:
    with ModelEndpoint(model) as listening:
        yield listening


@pytest.fixture
def world(
    database: Database, redis_url: str, model: ScriptedModel, endpoint: ModelEndpoint, tmp_path: Path
) -> Iterator[World]:
    inbox = Inbox()
    with running_smtp(inbox) as port:
        settings = settings_for(tmp_path, database, redis_url, endpoint, f"smtp://127.0.0.1:{port}")
        place = Workplace(database, settings)
        project_id, people = founded(database)
        yield World(place, queue.connect(redis_url), endpoint, model, inbox, project_id, people)


def settings_for(
    home: Path, database: Database, redis_url: str, endpoint: ModelEndpoint, smtp_url: str
) -> Settings:
    return load_settings(
        _env_file=None,
        plumbline_home=home,
        database_url=database.url,
        redis_url=redis_url,
        llm_base_url=endpoint.url,
        llm_api_key="secret",
        llm_model="scripted",
        llm_concurrency=4,
        smtp_url=smtp_url,
        lease_seconds=20.0,
        grace_seconds=3600,
    )


def founded(database: Database) -> tuple[int, dict[Role, Actor]]:
    """A project and a person of each role; its id and the people."""
    founder = person(database, "admin@clinic.test")
    project_id = add_project(database, founder, "Clinic", "Europe/Berlin").id
    people = {Role.ADMIN: founder}
    for role in (Role.VIEWER, Role.LABELLER, Role.EDITOR):
        email = f"{role.name.lower()}@clinic.test"
        user_id = add_user(database, founder, email, role, project_id)
        people[role] = Actor(user_id, email, Origin.PAGE)
    return project_id, people


def person(database: Database, email: str) -> Actor:
    """Somebody with an account and no membership."""
    with database.write() as session:
        user = User(email=email)
        session.add(user)
        session.flush()
        return Actor(user.id, email, Origin.PAGE)
