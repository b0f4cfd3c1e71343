"""Runs and results for somebody who asks for one by its id: whoever is outside its project hears that there
is none, as of an id that nobody has."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.accounts import authorise
from core.errors import NotFound
from core.models import Metric, Result, Run
from core.terms import Actor, Role


def run_for(
    session: Session, actor: Actor, run_id: int, needed: Role = Role.VIEWER, what: str = "see runs"
) -> Run:
    """Raises NotFound, NotAllowed."""
    run, nothing = session.get(Run, run_id), NotFound("run", run_id)
    if run is None:
        raise nothing
    authorise(session, actor, run.project_id, needed, what, unseen=nothing)
    return run


def result_for(session: Session, actor: Actor, result_id: int) -> tuple[Result, Metric]:
    """A result and its metric, which may be archived, for who may see runs. Raises NotFound, NotAllowed."""
    result, nothing = session.get(Result, result_id), NotFound("result", result_id)
    if result is None:
        raise nothing
    metric = session.get_one(Metric, result.metric_id)
    authorise(session, actor, metric.project_id, Role.VIEWER, "see runs", unseen=nothing)
    return result, metric
