"""A project with a metric and one person of each role, on a database of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import Database
from core.lab.importing import import_file
from core.lab.report import ImportReport
from core.migrations import migrate
from core.models import AuditEvent, Call, Membership, Metric, MetricReview, MetricVersion, Project, User
from core.terms import Actor, Origin, Role

SAID = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Good day."}]


@dataclass(frozen=True)
class LabWorld:
    database: Database
    folder: Path
    project_id: int
    metric_id: int
    people: dict[Role, Actor] = field(default_factory=dict)

    @property
    def editor(self) -> Actor:
        return self.people[Role.EDITOR]

    @property
    def labeller(self) -> Actor:
        return self.people[Role.LABELLER]

    def file(self, *rows: Any, name: str = "calls.jsonl") -> Path:
        """A JSON Lines file of the rows."""
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def import_rows(self, *rows: Any, **options: Any) -> ImportReport:
        return self.import_path(self.file(*rows), **options)

    def import_path(self, path: Path, *, actor: Actor | None = None, **options: Any) -> ImportReport:
        options.setdefault("metric_id", self.metric_id)
        metric_id = options.pop("metric_id")
        return import_file(self.database, actor or self.editor, self.project_id, metric_id, path, **options)

    def reviews(self, metric_id: int | None = None) -> dict[str, MetricReview]:
        """The Lab's rows by external id."""
        query = select(Call.external_id, MetricReview).join(Call, Call.id == MetricReview.call_id)
        with self.database.read() as session:
            found = session.execute(query.where(MetricReview.metric_id == (metric_id or self.metric_id)))
            return dict(iter(found))

    def calls(self) -> dict[str, Call]:
        with self.database.read() as session:
            found = session.scalars(select(Call).where(Call.project_id == self.project_id)).all()
            return {call.external_id: call for call in found}

    def audit(self) -> list[AuditEvent]:
        query = select(AuditEvent).where(AuditEvent.project_id == self.project_id).order_by(AuditEvent.id)
        with self.database.read() as session:
            return list(session.scalars(query))

    def add_metric(self, eval_type: str = "binary", **values: Any) -> int:
        with self.database.write() as session:
            metric = Metric(project_id=self.project_id, name=uuid4().hex, eval_type=eval_type, **values)
            return _add_with_version(session, metric)

    def evaluated(self, **judged: str | None) -> None:
        """Say what the live metric answered, by external id; None is an unreadable answer."""
        reviews = self.reviews()
        with self.database.write() as session:
            for external_id, value in judged.items():
                review = session.get_one(MetricReview, reviews[external_id].id)
                review.judged = "unreadable" if value is None else "answered"
                review.actual_value = value


def lab_database(url: str) -> Database:
    """A database with its tables; each test makes a world of its own in it."""
    database = Database(url)
    migrate(database)
    return database


def lab_world(database: Database, folder: Path, eval_type: str = "binary", **metric: Any) -> LabWorld:
    """A new project in a database."""
    unique = uuid4().hex
    with database.write() as session:
        project = Project(name=unique)
        session.add(project)
        session.flush()
        made = Metric(project_id=project.id, name="Polite", eval_type=eval_type, **metric)
        _add_with_version(session, made)
        people = {}
        for role in Role:
            user = User(email=f"{role.name.lower()}-{unique}@example.org")
            session.add(user)
            session.flush()
            session.add(Membership(project_id=project.id, user_id=user.id, role=role))
            people[role] = Actor(user.id, user.email, Origin.COMMAND_LINE)
        return LabWorld(database, folder, project.id, made.id, people)


def _add_with_version(session: Session, metric: Metric) -> int:
    session.add(metric)
    session.flush()
    version = MetricVersion(
        metric_id=metric.id,
        number=1,
        description="Was the agent polite?",
        trigger_kind="always",
        type="llm_judge",
        digest="1",
        origin="page",
    )
    session.add(version)
    session.flush()
    metric.live_version_id = version.id
    return metric.id
