"""What people and programs do with schedules. Every change takes effect at once: it moves next_fire_at."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise, clean_name, find_project
from core.db import MOST_COUNT, Database, database_now
from core.errors import BadSchedule, Refused
from core.models import Metric, Run, Schedule, ScheduleMetric
from core.runs import READ_ONLY, WAITING, RunOptions, create_run
from core.schedules.access import mine, needed_role
from core.schedules.facts import facts
from core.schedules.firing import run_options
from core.schedules.overdue import write_overdue
from core.schedules.rules import chosen_metrics, first_fire, metric_ids
from core.schedules.views import ScheduleView, view
from core.terms import Actor


def add(
    database: Database,
    actor: Actor,
    project: int | str,
    metrics: Sequence[int | str],
    cron: str,
    *,
    timezone: str | None = None,
    name: str = "",
    options: RunOptions = READ_ONLY,
    confirmed_critical: Sequence[str] = (),
) -> ScheduleView:
    """Make a schedule; the zone is the project's unless given.

    Auto-apply needs an admin, and on a critical metric the metric's name in `confirmed_critical`.
    Raises BadCron, UnknownZone, BadSchedule, NotFound, NotAllowed, Refused.
    """
    refuse_small_budget(options)
    with database.write() as session:
        owner = find_project(session, project)
        authorise(session, actor, owner.id, *needed_role(options.auto_apply))
        chosen = chosen_metrics(session, owner.id, metrics)
        refuse_unconfirmed(chosen, options, confirmed_critical)
        zone_name = timezone or owner.timezone
        schedule = Schedule(
            project_id=owner.id,
            name=clean_name(name or _default_name(chosen), "schedule"),
            cron=" ".join(cron.split()),
            timezone=zone_name,
            auto_apply=options.auto_apply,
            apply_code=options.apply_code,
            guard=options.guard.value,
            notify=options.notify.value,
            max_calls=options.max_calls,
            max_cost=options.max_cost,
            next_fire_at=first_fire(cron, zone_name, database_now(session)),
            owner_id=actor.user_id,
            created_at=database_now(session),
        )
        session.add(schedule)
        session.flush()
        add_metrics(session, schedule.id, chosen, confirmed_critical)
        session.flush()
        record_change(session, actor, "schedule.add", schedule, **audit.made(facts(session, schedule)))
        return view(session, schedule)


def add_metrics(
    session: Session, schedule_id: int, metrics: Sequence[Metric], confirmed_critical: Sequence[str]
) -> None:
    """The metrics in their order; of a critical one, whether its name was typed."""
    for position, metric in enumerate(metrics):
        session.add(
            ScheduleMetric(
                schedule_id=schedule_id,
                metric_id=metric.id,
                position=position,
                auto_apply_confirmed=metric.critical and metric.name in confirmed_critical,
            )
        )


def pause(database: Database, actor: Actor, schedule_id: int, reason: str = "") -> ScheduleView:
    """Stop firing. Fires during a pause are not missed; one that was due before it is."""
    with database.write() as session:
        schedule = mine(session, actor, schedule_id)
        set_paused(session, actor, schedule, reason)
        return view(session, schedule)


def resume(database: Database, actor: Actor, schedule_id: int) -> ScheduleView:
    """Fire again, from the next due moment on; one that was not paused goes on as it does.

    Raises BadSchedule when no metric is left.
    """
    with database.write() as session:
        schedule = mine(session, actor, schedule_id)
        if not schedule.enabled:
            set_going(session, actor, schedule)
        return view(session, schedule)


def delete(database: Database, actor: Actor, schedule_id: int) -> None:
    """Remove a schedule; its runs and fires stay in the history."""
    with database.write() as session:
        schedule = mine(session, actor, schedule_id)
        write_overdue(session, schedule, "The schedule was deleted before this fire was handled.")
        schedule.enabled, schedule.next_fire_at = False, None
        schedule.deleted_at = database_now(session)
        schedule.revision += 1
        record_change(session, actor, "schedule.delete", schedule)


def run_now(database: Database, actor: Actor, schedule_id: int) -> tuple[int, list[int]]:
    """Start the schedule's run at once, beside its fires; the run's id and the jobs to push."""
    with database.write() as session:
        schedule = mine(session, actor, schedule_id)
        going = session.scalar(
            select(Run.id).where(Run.schedule_id == schedule.id, Run.finished_at.is_(None)).limit(1)
        )
        if going is not None:
            raise Refused(f"Run {going} of this schedule is still going.")
        metrics = metric_ids(session, schedule.id)
        if not metrics:
            raise BadSchedule("The schedule has no metrics left; add one first.")
        run, made = create_run(
            session,
            actor,
            schedule.project_id,
            metrics,
            run_options(schedule),
            state=WAITING,
            schedule_id=schedule.id,
        )
        return run.id, [job_id for _, job_id in made]


def set_paused(session: Session, actor: Actor, schedule: Schedule, reason: str = "") -> None:
    """Pause it in a transaction of the caller's, who has authorised it."""
    write_overdue(session, schedule, "The schedule was paused before this fire was handled.")
    schedule.enabled, schedule.next_fire_at = False, None
    schedule.paused_reason = reason or f"Paused by {actor.name}."
    schedule.revision += 1
    record_change(session, actor, "schedule.pause", schedule)


def set_going(session: Session, actor: Actor, schedule: Schedule) -> None:
    """The same for a paused one that is to fire again. Raises BadSchedule when no metric is left."""
    if not metric_ids(session, schedule.id):
        raise BadSchedule("The schedule has no metrics left; add one first.")
    schedule.enabled, schedule.paused_reason = True, ""
    schedule.next_fire_at = first_fire(schedule.cron, schedule.timezone, database_now(session))
    schedule.revision += 1
    record_change(session, actor, "schedule.resume", schedule)


def refuse_small_budget(options: RunOptions) -> None:
    if options.max_calls is not None and not 1 <= options.max_calls <= MOST_COUNT:
        raise BadSchedule(f"The budget of calls is at least 1 and at most {MOST_COUNT:,}.")
    if options.max_cost is not None and not 0 < options.max_cost < inf:
        raise BadSchedule("The budget in money is more than 0.")


def refuse_unconfirmed(metrics: Sequence[Metric], options: RunOptions, confirmed: Sequence[str]) -> None:
    for metric in metrics:
        if options.auto_apply and metric.critical and metric.name not in confirmed:
            raise BadSchedule(
                f"“{metric.name}” is critical: confirm auto-apply by its name, or stay read-only."
            )


def _default_name(metrics: Sequence[Metric]) -> str:
    others = f" and {len(metrics) - 1} more" if len(metrics) > 1 else ""
    return f"{metrics[0].name[:120]}{others}"


def record_change(session: Session, actor: Actor, action: str, schedule: Schedule, **details: object) -> None:
    audit.record(
        session,
        actor,
        action,
        f"schedule {schedule.name}",
        project_id=schedule.project_id,
        details={"schedule": schedule.id, **details},
    )
