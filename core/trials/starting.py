"""Start a trial, say beforehand what it takes, and stop it."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit, jobs
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import NotFound, Refused
from core.judging.course import planned_calls
from core.metrics import check_definition, definition_json, find, find_for, live_version
from core.models import Job, Metric, Trial
from core.terms import Actor, Role
from core.trials.choosing import how_many
from core.trials.terms import NewTrial, Scope, Size, StartedTrial

KIND = "trial"
OPEN = ("queued", "running")
NO_CALLS = {
    Scope.LABELS: "“{name}” has no labelled row to score on; label some calls in its Lab.",
    Scope.RECENT: "Every call of the project has a label for “{name}”; import new calls to try it on.",
}


def start(database: Database, actor: Actor, wanted: NewTrial) -> StartedTrial:
    """Queue a trial, or return the same one that is going; the caller pushes its job.

    Raises NotFound, NotAllowed, BadDefinition, Refused where there is no call to judge, and BudgetSpent
    where the project's month has no call left.
    """
    check_definition(wanted.definition)
    with database.write() as session:
        metric = find_for(session, actor, wanted.metric_id, Role.EDITOR, "try definitions")
        return start_in(session, actor, metric, wanted)


def start_in(session: Session, actor: Actor, metric: Metric, wanted: NewTrial) -> StartedTrial:
    """The same in a transaction of the caller's, who has authorised it."""
    session.refresh(metric, with_for_update={"key_share": True})  # two at once take turns
    going = _going(session, wanted)
    if going is not None:
        return going
    size = _size(session, metric, wanted)
    if not size.calls:
        raise Refused(NO_CALLS[wanted.scope].format(name=metric.name))
    if size.model_calls:
        jobs.refuse_spent_month(session, metric.project_id)
    trial = _insert(session, actor, wanted)
    job_id = jobs.add(session, KIND, trial.id, project_id=metric.project_id)
    assert job_id is not None  # without a dedupe key nothing is in the way
    audit.record(
        session,
        actor,
        "trial.start",
        f"metric {metric.name}",
        project_id=metric.project_id,
        details={"trial": trial.id, "scope": wanted.scope.value, "result": wanted.result_id},
    )
    return StartedTrial(trial.id, job_id, joined=False)


def size_of(database: Database, actor: Actor, wanted: NewTrial) -> Size:
    """What a trial would take. Raises NotFound, NotAllowed."""
    with database.read() as session:
        metric = find_for(session, actor, wanted.metric_id, Role.VIEWER, "see this metric")
        return _size(session, metric, wanted)


def cancel(database: Database, actor: Actor, trial_id: int) -> None:
    """Stop a trial; what it paid for is not shown. Raises NotFound, NotAllowed, Refused where it is over."""
    with database.write() as session:
        trial = session.get(Trial, trial_id)
        if trial is None:
            raise NotFound("trial", trial_id)
        metric = find(session, trial.metric_id)
        authorise(
            session,
            actor,
            metric.project_id,
            Role.EDITOR,
            "try definitions",
            unseen=NotFound("trial", trial_id),
        )
        if not _stop(session, trial):
            raise Refused("This is over already.")
        audit.record(
            session,
            actor,
            "trial.cancel",
            f"metric {metric.name}",
            project_id=metric.project_id,
            details={"trial": trial.id},
        )


def _stop(session: Session, trial: Trial) -> bool:
    """Close what nobody has begun, ask the worker of what is going; False when it is too late."""
    now = database_now(session)
    not_begun = session.scalar(
        update(Job)
        .where(Job.kind == KIND, Job.subject_id == trial.id, Job.status == "queued")
        .values(status="cancelled", cancel_requested_at=now, finished_at=now)
        .returning(Job.id)
    )
    if not_begun is not None:
        trial.finished_at = now
        return True
    running = select(Job.id).where(Job.kind == KIND, Job.subject_id == trial.id)
    return jobs.request_cancel(session, session.scalars(running).one())


def _going(session: Session, wanted: NewTrial) -> StartedTrial | None:
    same = (
        Trial.metric_id == wanted.metric_id,
        Trial.scope == wanted.scope.value,
        Trial.digest == wanted.definition.digest(),
        Trial.result_id.is_not_distinct_from(wanted.result_id),
    )
    found = session.execute(
        select(Trial, Job.id)
        .join(Job, (Job.kind == KIND) & (Job.subject_id == Trial.id))
        .where(*same, Job.status.in_(OPEN), Job.cancel_requested_at.is_(None))
        .order_by(Trial.id.desc())
    )
    options = wanted.options()
    return next(
        (StartedTrial(trial.id, job, joined=True) for trial, job in found if trial.options == options), None
    )


def _size(session: Session, metric: Metric, wanted: NewTrial) -> Size:
    rows = how_many(session, metric, wanted.scope, wanted.options())
    live = live_version(session, metric).definition
    a_call = planned_calls(wanted.definition)
    if wanted.with_live and wanted.definition.digest() != live.digest():
        a_call += planned_calls(live)
    return Size(rows, rows * a_call)


def _insert(session: Session, actor: Actor, wanted: NewTrial) -> Trial:
    trial = Trial(
        metric_id=wanted.metric_id,
        scope=wanted.scope.value,
        result_id=wanted.result_id,
        definition=definition_json(wanted.definition),
        digest=wanted.definition.digest(),
        options=wanted.options(),
        starter_id=actor.user_id,
        origin=actor.origin.value,
    )
    session.add(trial)
    session.flush()
    return trial
