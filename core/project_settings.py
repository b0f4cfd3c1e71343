"""What a project's admins set, and whether the model that they chose answers."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import ProjectView, authorise, clean_name, find_project
from core.cron import zone
from core.db import Database
from core.endpoints import MAX_MODEL, clean_model, destination_of, own_address
from core.errors import AlreadyExists, NotFound, Refused
from core.judging.answer import read_verdict
from core.judging.prompt import judge_request
from core.llm.probe import Probe, probe
from core.models import Project
from core.settings import Settings
from core.terms import Actor, Conversation, Definition, EvalSettings, Message, Role

__all__ = ["MAX_MODEL", "model_for", "try_endpoint", "update_project"]

PROBE_SECONDS = 20.0
"""How long a person waits for the endpoint at most."""
PROBED = Definition("Did the agent greet the caller?")
PROBE_CALL = Conversation(0, (Message("assistant", "Good morning, how can I help?"),))


def update_project(
    database: Database, actor: Actor, project_id: int, *, name: str, timezone: str, model: str = ""
) -> ProjectView:
    """Save a project's name, default timezone and model; an empty model is the installation's, and
    refused where the project has an endpoint of its own.

    The timezone is for new schedules and shown times; schedules keep theirs.
    Raises AlreadyExists, UnknownZone, NotFound, NotAllowed, Refused.
    """
    name, model = clean_name(name, "project"), clean_model(model)
    timezone = zone(timezone).key
    with database.write() as session:
        project = find_project(session, project_id)
        authorise(session, actor, project.id, Role.ADMIN, "change the project's settings")
        _refuse_taken(session, project.id, name)
        if not model and own_address(session, project.id) is not None:
            raise Refused("This project has a model endpoint of its own: name the model that is asked there.")
        before = {"name": project.name, "timezone": project.timezone, "model": project.model or ""}
        project.name, project.timezone, project.model = name, timezone, model or None
        after = {"name": name, "timezone": timezone, "model": model}
        changed = audit.changed(before, after)
        if changed:
            audit.record(
                session, actor, "project.edit", f"project {name}", project_id=project.id, details=changed
            )
        return ProjectView(project.id, name, timezone, project.model)


def model_for(settings: Settings, project: ProjectView) -> str:
    """The model that judges a metric of this project that names none itself."""
    return project.model or settings.llm_model


def try_endpoint(database: Database, actor: Actor, settings: Settings, project: ProjectView) -> Probe:
    """Ask the project's model one small question, in the form in which a judge is asked, where a run
    would ask it and with the key that is stored.

    Raises NotAllowed, Refused, and ModelError, CallFailed or AnswerUnreadable with what is wrong.
    """
    with database.read() as session:
        if session.get(Project, project.id) is None:
            raise NotFound("project", project.name)
        authorise(session, actor, project.id, Role.EDITOR, "test the model endpoint")
        destination = destination_of(session, settings, project.id)
    if not destination.base_url:
        raise Refused("No model endpoint is set: start Plumbline with make run, or set LLM_BASE_URL.")
    seconds = min(PROBE_SECONDS, settings.llm_timeout_seconds)
    endpoint = destination.endpoint(model_for(settings, project), seconds)
    request = judge_request(PROBED, EvalSettings(), PROBE_CALL, settings.llm_max_output_tokens)
    return probe(endpoint, request, read_verdict(EvalSettings(), asks_trigger=False))


def _refuse_taken(session: Session, project_id: int, name: str) -> None:
    other = session.scalar(select(Project.id).where(Project.name == name, Project.id != project_id))
    if other is not None:
        raise AlreadyExists("project", name)
