"""What a result's run wrote, for a person who wants to go on from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.errors import NotFound
from core.metrics import find, read_definition
from core.models import Metric, Result
from core.terms import Actor, Definition, Role


@dataclass(frozen=True, slots=True)
class WrittenCandidate:
    """The definition that a run wrote for a metric, whatever became of it."""

    result_id: int
    run_id: int
    metric_id: int
    definition: Definition


def written_candidate(database: Database, actor: Actor, result_id: int) -> WrittenCandidate:
    """The candidate of a result. Raises NotFound where there is none, NotAllowed."""
    with database.read() as session:
        result, metric = candidate_for(session, actor, result_id)
        return WrittenCandidate(result.id, result.run_id, metric.id, candidate_definition(result))


def candidate_for(session: Session, actor: Actor, result_id: int) -> tuple[Result, Metric]:
    """A result that has a candidate, and its metric, for who may see runs. Raises NotFound, NotAllowed."""
    result, nothing = session.get(Result, result_id), NotFound("rewritten prompt of result", result_id)
    if result is None or result.candidate is None:
        raise nothing
    metric = find(session, result.metric_id)
    authorise(session, actor, metric.project_id, Role.VIEWER, "see runs", unseen=nothing)
    return result, metric


def candidate_definition(result: Result) -> Definition:
    """The definition a result's candidate holds."""
    data: dict[str, Any] = (result.candidate or {})["definition"]
    return read_definition(data)
