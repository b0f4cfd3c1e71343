"""What a project's admins set, and whether the model that they chose answers."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import ProjectView, authorise, clean_name, find_project
from core.cron import zone
from core.db import Database
from core.errors import AlreadyExists, NotFound, Refused
from core.judging.answer import read_verdict
from core.judging.prompt import judge_request
from core.llm.faults import Endpoint
from core.llm.probe import Probe, probe
from core.models import Project
from core.settings import Settings
from core.terms import Actor, Conversation, Definition, EvalSettings, Message, Role

MAX_MODEL = 200
PROBE_SECONDS = 20.0
"""How long a person waits for the endpoint at most."""
PROBED = Definition("Did the agent greet the caller?")
PROBE_CALL = Conversation(0, (Message("assistant", "Good morning, how can I help?"),))


def update_project(
    database: Database, actor: Actor, project_id: int, *, name: str, timezone: str, model: str = ""
) -> ProjectView:
    """Save a project's name, default timezone and model; an empty model is the installation's.

    The timezone is for new schedules and shown times; schedules keep theirs.
    Raises AlreadyExists, UnknownZone, NotFound, NotAllowed, Refused.
    """
    name, model = clean_name(name, "project"), _clean_model(model)
    timezone = zone(timezone).key
    with database.write() as session:
        project = find_project(session, project_id)
        authorise(session, actor, project.id, Role.ADMIN, "change the project's settings")
        _refuse_taken(session, project.id, name)
        before = {"name": project.name, "timezone": project.timezone, "model": project.model or ""}
        project.name, project.timezone, project.model = name, timezone, model or None
        after = {"name": name, "timezone": timezone, "model": model}
        changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changed:
            audit.record(
                session, actor, "project.edit", f"project {name}", project_id=project.id, details=changed
            )
        return ProjectView(project.id, name, timezone, project.model)


def model_for(settings: Settings, project: ProjectView) -> str:
    """The model that judges a metric of this project that names none itself."""
    return project.model or settings.llm_model


def try_endpoint(database: Database, actor: Actor, settings: Settings, project: ProjectView) -> Probe:
    """Ask the project's model one small question, in the form in which a judge is asked.

    Raises NotAllowed, and ModelError, CallFailed or AnswerUnreadable with what is wrong.
    """
    with database.read() as session:
        if session.get(Project, project.id) is None:
            raise NotFound("project", project.name)
        authorise(session, actor, project.id, Role.EDITOR, "test the model endpoint")
    if settings.llm_base_url is None:
        raise Refused("No model endpoint is set: start Plumbline with make run, or set LLM_BASE_URL.")
    key = settings.llm_api_key.get_secret_value().strip() if settings.llm_api_key else ""
    seconds = min(PROBE_SECONDS, settings.llm_timeout_seconds)
    endpoint = Endpoint(settings.llm_base_url.strip(), model_for(settings, project), seconds, key)
    request = judge_request(PROBED, EvalSettings(), PROBE_CALL, settings.llm_max_output_tokens)
    return probe(endpoint, request, read_verdict(EvalSettings(), asks_trigger=False))


def _clean_model(model: str) -> str:
    model = model.strip()
    if len(model) > MAX_MODEL or not model.isprintable():
        raise Refused(f"The model name is longer than {MAX_MODEL} characters or holds a control character.")
    return model


def _refuse_taken(session: Session, project_id: int, name: str) -> None:
    other = session.scalar(select(Project.id).where(Project.name == name, Project.id != project_id))
    if other is not None:
        raise AlreadyExists("project", name)
