"""What is being worked on right now, in a project or in one run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database, database_now
from core.jobs import seconds_left
from core.models import Job, Metric, Result, Run, Schedule
from core.models.runs import DONE
from core.runs.access import run_for
from core.terms import Actor, Role


@dataclass(frozen=True, slots=True)
class GoingResult:
    """One metric of a run that is not finished. `working`: a worker has it, else it waits its turn.

    `calls_expected` counts the calls known so far; later stages add theirs. `seconds_left` is for those,
    None while nothing can be told.
    """

    run_id: int
    result_id: int
    metric_id: int
    metric: str
    trigger: str
    schedule: str | None
    working: bool
    stage: str
    calls_done: int
    calls_expected: int
    seconds_left: float | None
    cancel_requested: bool

    @property
    def share(self) -> float:
        """Of the calls known so far, from 0 to 1."""
        return min(1.0, self.calls_done / self.calls_expected) if self.calls_expected else 0.0


@dataclass(frozen=True, slots=True)
class Going:
    """The first of the unfinished results, those that a worker has before those that wait; `total` of all."""

    results: tuple[GoingResult, ...]
    total: int

    @property
    def more(self) -> int:
        """How many are not among the first."""
        return self.total - len(self.results)


def going_in_project(database: Database, actor: Actor, project_id: int, limit: int = 50) -> Going:
    """The unfinished results of a project, `limit` at the most. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see runs")
        return _unfinished(session, Run.project_id == project_id, limit)


def going_in_run(database: Database, actor: Actor, run_id: int, limit: int = 50) -> Going:
    """The unfinished results of a run, `limit` at the most; none when it is done.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        run_for(session, actor, run_id)
        return _unfinished(session, Run.id == run_id, limit)


def _unfinished(session: Session, condition: ColumnElement[bool], limit: int) -> Going:
    rows = session.execute(
        select(
            Result.run_id,
            Result.id.label("result_id"),
            Result.metric_id,
            Metric.name.label("metric"),
            Run.trigger,
            Schedule.name.label("schedule"),
            Job.status,
            Job.stage,
            Job.calls_done,
            Job.calls_expected,
            Job.started_at,
            Job.cancel_requested_at,
            func.count().over().label("total"),
        )
        .join(Run, Run.id == Result.run_id)
        .join(Metric, Metric.id == Result.metric_id)
        .join(Job, (Job.kind == "optimise") & (Job.subject_id == Result.id))
        .outerjoin(Schedule, Schedule.id == Run.schedule_id)
        .where(Result.state != DONE, Run.finished_at.is_(None), condition)  # open runs are few, and indexed
        .order_by(Job.status != "running", Result.id)
        .limit(limit)
    ).all()
    now = database_now(session)
    return Going(tuple(_going(row, now) for row in rows), rows[0].total if rows else 0)


def _going(row: Any, now: datetime) -> GoingResult:
    working = row.status == "running"
    elapsed = (now - row.started_at).total_seconds() if working and row.started_at else 0.0
    return GoingResult(
        run_id=row.run_id,
        result_id=row.result_id,
        metric_id=row.metric_id,
        metric=row.metric,
        trigger=row.trigger,
        schedule=row.schedule,
        working=working,
        stage=row.stage,
        calls_done=row.calls_done,
        calls_expected=row.calls_expected,
        seconds_left=seconds_left(row.calls_done, row.calls_expected, elapsed),
        cancel_requested=row.cancel_requested_at is not None,
    )
