"""The list of a project's runs, filtered and paged in the database, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, false, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.cron import zone
from core.db import Database
from core.models import Metric, Project, Proposal, Result, Run, Schedule, User
from core.runs.attention import Need, in_need
from core.runs.states import run_state
from core.terms import Actor, Outcome, Role, Score

PAGE = 25
"""Runs on one page."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a run has to match; None matches all. Metric and outcome are those of one and the same result.

    `needs`: what it asks of a person. `state` is a RunState. `first_day` and `last_day` bound the day it
    was made, in the project's zone; both are included.
    """

    metric_id: int | None = None
    outcome: Outcome | None = None
    needs: Need | None = None
    trigger: str | None = None
    schedule_id: int | None = None
    state: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One metric of a run in a list. `proposal`: waiting, applied, rejected, superseded, or None."""

    id: int
    metric_id: int
    metric: str
    state: str
    outcome: Outcome | None
    baseline: Score | None
    optimised: Score | None
    applied: bool
    proposal: str | None
    calls: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a list. `state`: queued, running, finished or cancelled; `starter` is an email address."""

    id: int
    trigger: str
    schedule_id: int | None
    schedule: str | None
    starter: str | None
    state: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: tuple[ResultLine, ...]

    @property
    def calls(self) -> int:
        return sum(result.calls for result in self.results)

    @property
    def cost(self) -> float | None:
        """In the currency of the price settings; None where none of the results has a price."""
        known = [result.cost for result in self.results if result.cost is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some of the runs that match, and how many match in all."""

    runs: tuple[RunLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What the runs of a project can be filtered by: names by id, in alphabetical order."""

    metrics: Mapping[int, str]
    schedules: Mapping[int, str]


def page_of_runs(
    database: Database,
    actor: Actor,
    project_id: int,
    wanted: RunFilter | None = None,
    *,
    offset: int = 0,
    limit: int = PAGE,
) -> RunPage:
    """The runs of a project that match, newest first. Raises NotAllowed."""
    wanted = wanted or RunFilter()
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see runs")
        days = _days(wanted, zone(session.get_one(Project, project_id).timezone))
        conditions = [Run.project_id == project_id, *_conditions(wanted), *days]
        if wanted.needs is not None:
            conditions.append(in_need(wanted.needs, project_id))
        total = session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0
        return RunPage(tuple(_lines(session, conditions, min(offset, total), limit)), total)


def run_choices(database: Database, actor: Actor, project_id: int) -> RunChoices:
    """Metrics and schedules that have a run, deleted ones among them. Raises NotAllowed."""
    metrics = select(Metric.id, Metric.name).where(
        Metric.project_id == project_id, exists().where(Result.metric_id == Metric.id)
    )
    schedules = select(Schedule.id, Schedule.name).where(
        Schedule.project_id == project_id, exists().where(Run.schedule_id == Schedule.id)
    )
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see runs")
        return RunChoices(
            metrics=dict(session.execute(metrics.order_by(Metric.name)).all()),
            schedules=dict(session.execute(schedules.order_by(Schedule.name)).all()),
        )


def _conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.trigger is not None:
        found.append(Run.trigger == wanted.trigger)
    if wanted.schedule_id is not None:
        found.append(Run.schedule_id == wanted.schedule_id)
    if wanted.state is not None:
        found += _in_state(wanted.state)
    of_result: list[ColumnElement[bool]] = []
    if wanted.metric_id is not None:
        of_result.append(Result.metric_id == wanted.metric_id)
    if wanted.outcome is not None:
        of_result.append(Result.outcome == wanted.outcome.value)
    if of_result:
        found.append(exists().where(Result.run_id == Run.id, *of_result))
    return found


def _in_state(state: str) -> list[ColumnElement[bool]]:
    """As `states.run_state` tells it. A state that there is none of is that of no run."""
    not_cancelled = exists().where(
        Result.run_id == Run.id, Result.outcome.is_distinct_from(Outcome.CANCELLED.value)
    )
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "queued": [Run.finished_at.is_(None), Run.started_at.is_(None)],
        "running": [Run.finished_at.is_(None), Run.started_at.is_not(None)],
        "finished": [Run.finished_at.is_not(None), not_cancelled],
        "cancelled": [Run.finished_at.is_not(None), ~not_cancelled],
    }
    return conditions.get(state, [false()])


def _days(wanted: RunFilter, local: ZoneInfo) -> list[ColumnElement[bool]]:
    """From the first moment of the first day to the last one of the last, where days are those of a zone."""
    found: list[ColumnElement[bool]] = []
    if wanted.first_day is not None:
        found.append(Run.created_at >= datetime.combine(wanted.first_day, time.min, local).astimezone(UTC))
    if wanted.last_day is not None and wanted.last_day < date.max:
        after = wanted.last_day + timedelta(days=1)
        found.append(Run.created_at < datetime.combine(after, time.min, local).astimezone(UTC))
    return found


def _lines(
    session: Session, conditions: Sequence[ColumnElement[bool]], offset: int, limit: int
) -> list[RunLine]:
    runs = session.execute(
        select(Run, Schedule.name, User.email)
        .outerjoin(Schedule, Schedule.id == Run.schedule_id)
        .outerjoin(User, User.id == Run.starter_id)
        .where(*conditions)
        .order_by(Run.id.desc())
        .offset(offset)
        .limit(limit)
    ).all()
    results = _results(session, [run.id for run, _, _ in runs])
    return [_line(run, schedule, starter, tuple(results[run.id])) for run, schedule, starter in runs]


def _line(run: Run, schedule: str | None, starter: str | None, results: tuple[ResultLine, ...]) -> RunLine:
    return RunLine(
        id=run.id,
        trigger=run.trigger,
        schedule_id=run.schedule_id,
        schedule=schedule,
        starter=starter,
        state=run_state(run.started_at, run.finished_at, [result.outcome for result in results]),
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        results=results,
    )


def _results(session: Session, run_ids: Sequence[int]) -> Mapping[int, list[ResultLine]]:
    """Without the candidates, which may be long."""
    rows = session.execute(
        select(
            Result.run_id,
            Result.id,
            Result.metric_id,
            Metric.name,
            Result.state,
            Result.outcome,
            Result.baseline_correct,
            Result.baseline_total,
            Result.optimised_correct,
            Result.optimised_total,
            Result.not_judged,
            Result.applied_version_id,
            Result.calls,
            Result.cost,
            Proposal.state.label("proposal_state"),
        )
        .join(Metric, Metric.id == Result.metric_id)
        .outerjoin(Proposal, Proposal.result_id == Result.id)
        .where(Result.run_id.in_(run_ids))
        .order_by(Result.id)
    )
    found: defaultdict[int, list[ResultLine]] = defaultdict(list)
    for row in rows:
        found[row.run_id].append(_result(row))
    return found


def _result(row: Any) -> ResultLine:
    return ResultLine(
        id=row.id,
        metric_id=row.metric_id,
        metric=row.name,
        state=row.state,
        outcome=Outcome(row.outcome) if row.outcome else None,
        baseline=Score.or_none(row.baseline_correct, row.baseline_total, row.not_judged),
        optimised=Score.or_none(row.optimised_correct, row.optimised_total, row.not_judged),
        applied=row.applied_version_id is not None,
        proposal=row.proposal_state,
        calls=row.calls,
        cost=row.cost,
    )
