"""What people and programs do with metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise, clean_name, find_project
from core.db import Database
from core.errors import AlreadyExists, EditedMeanwhile, NotFound
from core.metrics.definitions import check_definition, check_model, definition_json, storable_definition
from core.metrics.versions import (
    first_version,
    live_version,
    make_live,
    supersede_waiting,
)
from core.models import Metric, Proposal
from core.storable import storable_text
from core.terms import Actor, Definition, EvalSettings, Role


@dataclass(frozen=True, slots=True)
class MetricDetails:
    """A metric with its live definition."""

    id: int
    project_id: int
    name: str
    definition: Definition
    settings: EvalSettings
    model: str | None
    critical: bool
    version: int
    revision: int
    waiting_proposal: int | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "project_id": self.project_id,
            "name": self.name,
            **definition_json(self.definition),
            "eval_type": self.settings.eval_type.value,
            "enum_values": list(self.settings.enum_values),
            "tolerance": self.settings.tolerance,
            "model": self.model,
            "critical": self.critical,
            "version": self.version,
            "waiting_proposal": self.waiting_proposal,
        }


def add(
    database: Database,
    actor: Actor,
    project: int | str,
    name: str,
    definition: Definition,
    settings: EvalSettings,
    *,
    model: str | None = None,
    critical: bool = False,
) -> MetricDetails:
    """Make a metric with its first version. Raises AlreadyExists, BadDefinition, NotFound, NotAllowed."""
    name, model = clean_name(name, "metric"), check_model(model)
    definition = storable_definition(definition)
    check_definition(definition)
    with database.write() as session:
        project_id = find_project(session, project).id
        authorise(session, actor, project_id, Role.EDITOR, "add metrics")
        metric = Metric(
            project_id=project_id,
            name=name,
            eval_type=settings.eval_type.value,
            enum_values=list(settings.enum_values),
            tolerance=settings.tolerance,
            model=model,
            critical=critical,
        )
        session.add(metric)
        try:
            session.flush()
        except IntegrityError:
            raise AlreadyExists("metric", name) from None
        first_version(session, actor, metric, definition)
        details = audit.made(_set(metric) | {"type": definition.type.value, "version": 1})
        audit.record(session, actor, "metric.add", f"metric {name}", project_id=project_id, details=details)
        return _details(session, metric)


def retrieve(
    database: Database, actor: Actor, metric: int | str, project: int | str | None = None
) -> MetricDetails:
    """A metric by id, or by name within a project. Raises NotFound, NotAllowed."""
    with database.read() as session:
        found = find_for(session, actor, metric, Role.VIEWER, "see this metric", project)
        return _details(session, found)


def edit_definition(
    database: Database,
    actor: Actor,
    metric_id: int,
    definition: Definition,
    *,
    expected_revision: int,
    comment: str = "",
) -> MetricDetails:
    """Save a new version and make it live. Raises EditedMeanwhile when somebody was faster."""
    definition, comment = storable_definition(definition), storable_text(comment)
    check_definition(definition)
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "edit metrics")
        before = live_version(session, metric)
        if before.definition == definition:
            return _details(session, metric)
        version = make_live(
            session, actor, metric, definition, expected_revision=expected_revision, comment=comment
        )
        if version is None:
            raise EditedMeanwhile(
                f"“{metric.name}” was changed while you were editing it; nothing was overwritten."
            )
        supersede_waiting(session, metric.id, f"an edit (version {version.number})")
        audit.record(
            session,
            actor,
            "metric.edit",
            f"metric {metric.name}",
            project_id=metric.project_id,
            reason=comment,
            details={"from": before.number, "to": version.number},
        )
        return _details(session, metric)


def _set(metric: Metric) -> dict[str, object]:
    """What a person sets of a metric beside its definition, which its versions keep."""
    names = ("eval_type", "enum_values", "tolerance", "model", "critical")
    return {name: getattr(metric, name) for name in names}


def find(session: Session, metric: int | str, project: int | str | None = None) -> Metric:
    """A metric that is not archived, by id, or by name (unique, or within a project). Raises NotFound."""
    query = select(Metric).where(Metric.archived_at.is_(None))
    query = query.where(Metric.id == metric if isinstance(metric, int) else Metric.name == metric)
    if project is not None:
        query = query.where(Metric.project_id == find_project(session, project).id)
    found = session.scalars(query.limit(2)).all()
    if len(found) > 1:
        raise NotFound("single metric of that name (name the project too)", metric)
    if not found:
        raise NotFound("metric", metric)
    return found[0]


def find_for(
    session: Session,
    actor: Actor,
    metric: int | str,
    needed: Role,
    what: str,
    project: int | str | None = None,
) -> Metric:
    """The same for somebody with at least the role `needed` in its project. Raises NotFound also for somebody
    outside of it, NotAllowed."""
    found = find(session, metric, project)
    authorise(session, actor, found.project_id, needed, what, unseen=NotFound("metric", metric))
    return found


def _details(session: Session, metric: Metric) -> MetricDetails:
    version = live_version(session, metric)
    waiting = session.scalar(
        select(Proposal.id).where(Proposal.metric_id == metric.id, Proposal.state == "waiting")
    )
    return MetricDetails(
        id=metric.id,
        project_id=metric.project_id,
        name=metric.name,
        definition=version.definition,
        settings=metric.eval_settings,
        model=metric.model,
        critical=metric.critical,
        version=version.number,
        revision=metric.revision,
        waiting_proposal=waiting,
    )
