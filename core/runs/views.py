"""Runs as people and programs see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import authorise, find_project, visible_projects
from core.db import Database
from core.models import Job, Metric, MetricVersion, Project, Proposal, Result, Run, Schedule
from core.runs.access import run_for
from core.runs.states import run_state
from core.terms import SHOWN_AS, Actor, Outcome, Role, Score


@dataclass(frozen=True, slots=True)
class ResultView:
    """One metric of a run. `state`: waiting, active or done; scores are None where there are none.

    `evidence` and `findings` are as `core.evidence` writes them, None where the run did not get so far.
    """

    id: int
    metric_id: int
    metric: str
    state: str
    outcome: Outcome | None
    reason: str
    warning: str
    baseline: Score | None
    optimised: Score | None
    held_out: dict[str, Any] | None
    evidence: dict[str, Any] | None
    findings: dict[str, Any] | None
    applied: bool
    base_version: int | None
    applied_version: int | None
    candidate: dict[str, Any] | None
    proposal: int | None
    fixed: int | None
    broken: int | None
    calls: int
    tokens: int
    cost: float | None
    job_id: int | None

    @property
    def shown_as(self) -> str:
        if self.outcome is None:
            return "Running" if self.state == "active" else "Waiting"
        return SHOWN_AS[self.outcome]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "metric_id": self.metric_id,
            "metric": self.metric,
            "state": self.state,
            "outcome": self.outcome.value if self.outcome else None,
            "shown_as": self.shown_as,
            "reason": self.reason,
            "warning": self.warning,
            "baseline": _score_json(self.baseline),
            "optimised": _score_json(self.optimised),
            "held_out": self.held_out,
            "evidence": self.evidence,
            "findings": self.findings,
            "applied": self.applied,
            "base_version": self.base_version,
            "applied_version": self.applied_version,
            "candidate": self.candidate,
            "proposal": self.proposal,
            "fixed": self.fixed,
            "broken": self.broken,
            "calls": self.calls,
            "tokens": self.tokens,
            "cost": self.cost,
            "job": self.job_id,
        }


@dataclass(frozen=True, slots=True)
class RunView:
    """A run. `state`: queued, running, finished or cancelled."""

    id: int
    project_id: int
    project: str
    schedule: str | None
    trigger: str
    state: str
    auto_apply: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: tuple[ResultView, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "project_id": self.project_id,
            "project": self.project,
            "schedule": self.schedule,
            "trigger": self.trigger,
            "state": self.state,
            "auto_apply": self.auto_apply,
            "created_at": _time(self.created_at),
            "started_at": _time(self.started_at),
            "finished_at": _time(self.finished_at),
            "results": [result.as_json() for result in self.results],
        }


def list_runs(
    database: Database, actor: Actor, *, project: int | str | None = None, limit: int = 50
) -> list[RunView]:
    """The newest runs of a project, or of every project the actor may see, newest first."""
    with database.read() as session:
        query = select(Run).order_by(Run.id.desc()).limit(limit)
        if project is not None:
            project_id = find_project(session, project).id
            authorise(session, actor, project_id, Role.VIEWER, "see runs")
            query = query.where(Run.project_id == project_id)
        else:
            query = query.where(Run.project_id.in_(visible_projects(actor)))
        return [_view(session, run) for run in session.scalars(query)]


def show_run(database: Database, actor: Actor, run_id: int) -> RunView:
    """One run. Raises NotFound, NotAllowed."""
    with database.read() as session:
        return _view(session, run_for(session, actor, run_id))


def _view(session: Session, run: Run) -> RunView:
    results = tuple(_results(session, run.id))
    schedule = session.get(Schedule, run.schedule_id) if run.schedule_id else None
    return RunView(
        id=run.id,
        project_id=run.project_id,
        project=session.get_one(Project, run.project_id).name,
        schedule=schedule.name if schedule else None,
        trigger=run.trigger,
        state=run_state(run.started_at, run.finished_at, [result.outcome for result in results]),
        auto_apply=run.auto_apply,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        results=results,
    )


def _results(session: Session, run_id: int) -> list[ResultView]:
    rows = session.execute(
        select(Result, Metric.name, MetricVersion.number, Proposal.id, Job.id)
        .join(Metric, Metric.id == Result.metric_id)
        .outerjoin(MetricVersion, MetricVersion.id == Result.base_version_id)
        .outerjoin(Proposal, Proposal.result_id == Result.id)
        .outerjoin(Job, (Job.kind == "optimise") & (Job.subject_id == Result.id))
        .where(Result.run_id == run_id)
        .order_by(Result.id)
    )
    return [_result(session, *row) for row in rows]


def _result(
    session: Session,
    result: Result,
    metric: str,
    base_version: int | None,
    proposal: int | None,
    job_id: int | None,
) -> ResultView:
    applied = session.get_one(MetricVersion, result.applied_version_id) if result.applied_version_id else None
    return ResultView(
        id=result.id,
        metric_id=result.metric_id,
        metric=metric,
        state=result.state,
        outcome=Outcome(result.outcome) if result.outcome else None,
        reason=result.reason,
        warning=result.warning,
        baseline=Score.or_none(result.baseline_correct, result.baseline_total, result.not_judged),
        optimised=Score.or_none(result.optimised_correct, result.optimised_total, result.not_judged),
        held_out=result.held_out,
        evidence=result.evidence,
        findings=result.findings,
        applied=applied is not None,
        base_version=base_version,
        applied_version=applied.number if applied else None,
        candidate=result.candidate,
        proposal=proposal,
        fixed=result.fixed,
        broken=result.broken,
        calls=result.calls,
        tokens=result.input_tokens + result.output_tokens,
        cost=result.cost,
        job_id=job_id,
    )


def _score_json(score: Score | None) -> dict[str, int] | None:
    if score is None:
        return None
    return {"correct": score.correct, "total": score.total, "not_judged": score.not_judged}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
