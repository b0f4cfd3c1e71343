"""Delete a metric. It is archived: what its runs found stays in the history.

Here, and not with the metrics, because it reaches into runs and schedules, which stand above them.
"""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import MAX_NAME
from core.db import Database, database_now
from core.metrics import find_for, supersede_waiting
from core.models import Metric, Schedule, ScheduleMetric
from core.runs import cancel_metric, finish_run
from core.schedules.overdue import write_overdue
from core.terms import Actor, Role


def archive(database: Database, actor: Actor, metric_id: int) -> list[int]:
    """Delete a metric: it leaves its schedules, and what runs have not finished of it is cancelled.

    A schedule left empty pauses. Returns the ids of jobs to push. Raises NotFound, NotAllowed.
    """
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "delete metrics")
        name = metric.name
        _lock_schedules(session, metric.id)
        _archive(session, metric)
        supersede_waiting(session, metric.id, "the deletion of the metric")
        runs = cancel_metric(session, metric.id)
        left = _leave_schedules(session, actor, metric, name)
        audit.record(
            session,
            actor,
            "metric.delete",
            f"metric {name}",
            project_id=metric.project_id,
            details={"metric": metric.id, "schedules": left, "runs": runs},
        )
    return [job_id for run_id in runs for job_id in finish_run(database, run_id)]


def _archive(session: Session, metric: Metric) -> None:
    """Its name becomes free for another metric, and says in the run history what it was."""
    mark = f" (deleted, metric {metric.id})"
    metric.name = metric.name[: MAX_NAME - len(mark)] + mark
    metric.archived_at = database_now(session)
    session.flush()


def _lock_schedules(session: Session, metric_id: int) -> None:
    """Before the metric: a schedule that fires right now has itself locked, and wants its metrics."""
    theirs = select(ScheduleMetric.schedule_id).where(ScheduleMetric.metric_id == metric_id)
    session.execute(
        select(Schedule.id).where(Schedule.id.in_(theirs)).order_by(Schedule.id).with_for_update()
    )


def _leave_schedules(session: Session, actor: Actor, metric: Metric, name: str) -> list[int]:
    """Take the metric out of its schedules; the ids of those."""
    left = list(
        session.scalars(
            delete(ScheduleMetric)
            .where(ScheduleMetric.metric_id == metric.id)
            .returning(ScheduleMetric.schedule_id)
        )
    )
    has_metrics = exists().where(ScheduleMetric.schedule_id == Schedule.id)
    emptied = session.scalars(
        select(Schedule).where(Schedule.id.in_(left), Schedule.enabled.is_(True), ~has_metrics)
    ).all()
    for schedule in emptied:
        _pause(session, actor, schedule, f"Its last metric, “{name}”, was deleted.")
    return sorted(left)


def _pause(session: Session, actor: Actor, schedule: Schedule, reason: str) -> None:
    write_overdue(session, schedule, reason)
    schedule.enabled, schedule.next_fire_at, schedule.paused_reason = False, None, reason
    schedule.revision += 1
    audit.record(
        session,
        actor,
        "schedule.pause",
        f"schedule {schedule.name}",
        project_id=schedule.project_id,
        reason=reason,
        details={"schedule": schedule.id},
    )
