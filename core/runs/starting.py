"""Make runs: by a schedule, or by a person through a page, MCP or the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit, jobs
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import Refused
from core.metrics import find, live_version
from core.models import Job, Metric, Result, Run
from core.terms import Actor, Guard, MetricType, Notify, Origin, Role

WAITING, ACTIVE, DONE = "waiting", "active", "done"

TRIGGERS = {
    Origin.PAGE: "button",
    Origin.MCP: "mcp",
    Origin.COMMAND_LINE: "command line",
    Origin.SCHEDULE: "schedule",
}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run treats what it finds. `max_calls` and `max_cost` bound one metric of it."""

    auto_apply: bool = False
    apply_code: bool = True
    guard: Guard = Guard.STANDARD
    notify: Notify = Notify.BOTH
    max_calls: int | None = None
    max_cost: float | None = None


READ_ONLY = RunOptions()
"""What a run does unless told otherwise: propose, apply nothing."""


@dataclass(frozen=True, slots=True)
class Started:
    """The run that works on a metric, and its job. `joined`: it was going already."""

    run_id: int
    result_id: int
    job_id: int
    joined: bool


def improve(database: Database, actor: Actor, metric: int, options: RunOptions) -> Started:
    """Start a run on one metric, or return the one that is going already.

    The caller pushes `job_id` afterwards. Raises NotFound, NotAllowed, Refused.
    """
    refuse_strict(options.guard)
    if options.max_calls is not None and options.max_calls < 1:
        raise Refused("The budget of calls is at least 1.")
    for _ in range(3):
        with database.read() as session:
            found = find(session, metric)
            authorise(session, actor, found.project_id, Role.EDITOR, "run the optimiser")
            refuse_code_metric(session, found)
            going = _going(session, metric)
        if going is not None:
            return going
        try:
            return _start(database, actor, metric, options)
        except IntegrityError:
            continue  # somebody else started one between the look and the insert
    raise Refused("Two runs of this metric got in each other's way; please try again.")


def create_run(
    session: Session,
    actor: Actor,
    project_id: int,
    metric_ids: Sequence[int],
    options: RunOptions,
    *,
    state: str,
    schedule_id: int | None = None,
) -> tuple[Run, list[tuple[Result, int]]]:
    """Insert a run with a result and a job for each metric; the results with their job ids."""
    run = Run(
        project_id=project_id,
        schedule_id=schedule_id,
        trigger="schedule" if schedule_id is not None else TRIGGERS[actor.origin],
        starter_id=actor.user_id,
        auto_apply=options.auto_apply,
        apply_code=options.apply_code,
        guard=options.guard.value,
        notify=options.notify.value,
        max_calls=options.max_calls,
        max_cost=options.max_cost,
        created_at=database_now(session),
    )
    session.add(run)
    session.flush()
    made = [_add_result(session, run, metric_id, state) for metric_id in metric_ids]
    audit.record(
        session,
        actor,
        "run.start",
        f"run {run.id}",
        project_id=project_id,
        details={"metrics": list(metric_ids), "auto_apply": options.auto_apply, "schedule": schedule_id},
    )
    return run, made


def refuse_strict(guard: Guard) -> None:
    if guard is Guard.STRICT:
        raise Refused("The strict guard is not available yet; use the standard guard.")


def refuse_code_metric(session: Session, metric: Metric) -> None:
    """Code metrics join when there is a sandbox to run them in."""
    if live_version(session, metric).definition.type is MetricType.CUSTOM_CODE:
        raise Refused(f"“{metric.name}” is a code metric; only LLM-judge metrics can be improved.")


def _start(database: Database, actor: Actor, metric_id: int, options: RunOptions) -> Started:
    with database.write() as session:
        project_id = find(session, metric_id).project_id
        run, made = create_run(session, actor, project_id, [metric_id], options, state=ACTIVE)
        result, job_id = made[0]
        return Started(run.id, result.id, job_id, joined=False)


def _going(session: Session, metric_id: int) -> Started | None:
    row = session.execute(
        select(Result.run_id, Result.id, Job.id.label("job_id"))
        .join(Job, (Job.subject_id == Result.id) & (Job.kind == "optimise"))
        .where(Result.metric_id == metric_id, Result.state == ACTIVE)
    ).first()
    return None if row is None else Started(row.run_id, row.id, row.job_id, joined=True)


def _add_result(session: Session, run: Run, metric_id: int, state: str) -> tuple[Result, int]:
    result = Result(run_id=run.id, metric_id=metric_id, state=state, created_at=database_now(session))
    session.add(result)
    session.flush()
    job_id = jobs.add(
        session,
        "optimise",
        result.id,
        project_id=run.project_id,
        dedupe_key=f"optimise-{result.id}",
    )
    assert job_id is not None  # the result is new, so its key is
    return result, job_id
