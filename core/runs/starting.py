"""Make runs: by a schedule, or by a person through a page, MCP or the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit, jobs
from core.db import MOST_COUNT, Database, database_now
from core.errors import Refused
from core.lab import collect
from core.metrics import find, find_for
from core.models import Job, Result, Run
from core.models.runs import ACTIVE
from core.optimiser.strategies import OWN, strategy_named
from core.terms import Actor, Guard, Notify, Origin, Role, RunTrigger

TRIGGERS = {
    Origin.PAGE: RunTrigger.BUTTON.value,
    Origin.MCP: RunTrigger.MCP.value,
    Origin.COMMAND_LINE: RunTrigger.COMMAND_LINE.value,
    Origin.SCHEDULE: RunTrigger.SCHEDULE.value,
}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run treats what it finds. `max_calls` and `max_cost` bound one metric of it.

    `check_noise`: ask the judge again about up to 20 rows. None asks where that is worth its calls, and
    the strict guard always asks. `review_ids`: only these rows of the Lab; None for all.
    `skip_evaluation`: do not judge the proposal on every label, which leaves it without a score.
    `strategy`: how to search, one of `strategies.STRATEGIES`; `seed` decides which rows are drawn where not
    all are used.
    """

    auto_apply: bool = False
    apply_code: bool = True
    guard: Guard = Guard.STANDARD
    notify: Notify = Notify.BOTH
    max_calls: int | None = None
    max_cost: float | None = None
    check_noise: bool | None = None
    review_ids: tuple[int, ...] | None = None
    skip_evaluation: bool = False
    strategy: str = OWN
    seed: int = 0

    def stored(self) -> dict[str, Any]:
        """What is kept as JSON beside the columns of a run: only what was asked for, since a run's
        fingerprint holds it."""
        asked: dict[str, Any] = {}
        if self.check_noise is not None:
            asked["check_noise"] = self.check_noise
        if self.review_ids is not None:
            asked["review_ids"] = sorted(set(self.review_ids))
        if self.skip_evaluation:
            asked["skip_evaluation"] = True
        if self.strategy != OWN:
            asked["strategy"] = self.strategy
        if self.seed:
            asked["seed"] = self.seed
        return asked


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

    The caller pushes `job_id` afterwards. Raises NotFound, for a row that is not of the metric's Lab as
    well, NotAllowed, Refused.
    """
    _refuse_senseless(options)
    strategy_named(options.strategy)
    for _ in range(3):
        with database.read() as session:
            found = find_for(session, actor, metric, Role.EDITOR, "run the optimiser")
            going = _going(session, metric)
            if options.review_ids is not None:
                collect(session, found.id, options.review_ids)
        if going is not None:
            return going
        try:
            return _start(database, actor, metric, options)
        except IntegrityError:
            continue  # somebody else started one between the look and the insert
    raise Refused("Two runs of this metric got in each other's way; please try again.")


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be made, with a result for each metric in their order."""

    project_id: int
    metric_ids: Sequence[int]
    options: RunOptions
    schedule_id: int | None = None


MadeRun: TypeAlias = tuple[Run, list[tuple[Result, int]]]
"""A run, and its results with their job ids."""


def create_run(
    session: Session,
    actor: Actor,
    project_id: int,
    metric_ids: Sequence[int],
    options: RunOptions,
    *,
    state: str,
    schedule_id: int | None = None,
) -> MadeRun:
    """Insert a run with a result and a job for each metric; the results with their job ids."""
    [made] = create_runs(session, actor, [NewRun(project_id, metric_ids, options, schedule_id)], state=state)
    return made


def create_runs(session: Session, actor: Actor, wanted: Sequence[NewRun], *, state: str) -> list[MadeRun]:
    """The same for several runs, in as many statements as for one; in their order."""
    now = database_now(session)
    runs = [_run(actor, each, now) for each in wanted]
    session.add_all(runs)
    session.flush()
    results = [
        [
            Result(run_id=run.id, metric_id=metric_id, state=state, created_at=now)
            for metric_id in each.metric_ids
        ]
        for run, each in zip(runs, wanted, strict=True)
    ]
    session.add_all(result for theirs in results for result in theirs)
    session.flush()
    projects = {
        result.id: run.project_id for run, theirs in zip(runs, results, strict=True) for result in theirs
    }
    job_ids = jobs.add_all(session, "optimise", projects)
    for run, each in zip(runs, wanted, strict=True):
        _record_start(session, actor, run, each)
    return [
        (run, [(result, job_ids[result.id]) for result in theirs])
        for run, theirs in zip(runs, results, strict=True)
    ]


def _refuse_senseless(options: RunOptions) -> None:
    if options.max_calls is not None and not 1 <= options.max_calls <= MOST_COUNT:
        raise Refused(f"The budget of calls is at least 1 and at most {MOST_COUNT:,}.")
    if options.auto_apply and options.skip_evaluation:
        raise Refused("Without a score nothing may be applied by itself: evaluate, or do not auto-apply.")
    if options.auto_apply and options.review_ids is not None:
        raise Refused(
            "A run on some of the labels knows nothing of the others: run on all, or do not auto-apply."
        )


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


def _run(actor: Actor, wanted: NewRun, now: datetime) -> Run:
    options = wanted.options
    return Run(
        project_id=wanted.project_id,
        schedule_id=wanted.schedule_id,
        trigger=TRIGGERS[Origin.SCHEDULE] if wanted.schedule_id is not None else TRIGGERS[actor.origin],
        starter_id=actor.user_id,
        auto_apply=options.auto_apply,
        apply_code=options.apply_code,
        guard=options.guard.value,
        notify=options.notify.value,
        max_calls=options.max_calls,
        max_cost=options.max_cost,
        options=options.stored(),
        created_at=now,
    )


def _record_start(session: Session, actor: Actor, run: Run, wanted: NewRun) -> None:
    details = {
        "metrics": list(wanted.metric_ids),
        "auto_apply": wanted.options.auto_apply,
        "schedule": wanted.schedule_id,
    }
    audit.record(session, actor, "run.start", f"run {run.id}", project_id=wanted.project_id, details=details)
