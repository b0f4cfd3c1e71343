"""Change a schedule, or copy it. A change takes effect at once, and never over somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete
from sqlalchemy.orm import Session

from core import audit
from core.accounts import MAX_NAME, authorise, clean_name
from core.db import Database, database_now
from core.errors import BadSchedule, EditedMeanwhile
from core.metrics import find
from core.models import Metric, Schedule, ScheduleMetric
from core.runs import RunOptions
from core.schedules.access import mine, needed_role
from core.schedules.facts import facts
from core.schedules.firing import run_options
from core.schedules.overdue import write_overdue
from core.schedules.rules import chosen_metrics, first_fire, metric_ids
from core.schedules.usecases import (
    add_metrics,
    record_change,
    refuse_small_budget,
    refuse_unconfirmed,
)
from core.schedules.views import ScheduleView, view
from core.terms import Actor

COPY_PAUSED = "This is a copy; resume it when it is set up."


@dataclass(frozen=True, slots=True)
class Edit:
    """A schedule as it is to be."""

    name: str
    metrics: Sequence[int]
    cron: str
    timezone: str
    options: RunOptions
    confirmed_critical: Sequence[str] = ()


def update(
    database: Database,
    actor: Actor,
    schedule_id: int,
    *,
    name: str,
    metrics: Sequence[int],
    cron: str,
    timezone: str,
    options: RunOptions,
    confirmed_critical: Sequence[str] = (),
    expected_revision: int,
) -> ScheduleView:
    """Save a schedule as it was edited; its next fire follows the new rhythm.

    A metric that a run turned into code may stay. Auto-apply, before or after, needs an admin; saving it
    on critical metrics needs their names in `confirmed_critical`, each time.

    Raises:
        EditedMeanwhile: the schedule is no longer at `expected_revision`; nothing was overwritten.
        BadCron, UnknownZone, BadSchedule, NotFound, NotAllowed, Refused: as for a new schedule.
    """
    edit = Edit(name, metrics, cron, timezone, options, confirmed_critical)
    refuse_small_budget(options)
    with database.write() as session:
        schedule = _unchanged(session, actor, schedule_id, expected_revision)
        save(session, actor, schedule, edit)
        return view(session, schedule)


def save(session: Session, actor: Actor, schedule: Schedule, edit: Edit) -> None:
    """The same in a transaction of the caller's, who may manage the schedule as it was."""
    authorise(session, actor, schedule.project_id, *needed_role(edit.options.auto_apply))
    chosen = _chosen(session, schedule, edit.metrics)
    refuse_unconfirmed(chosen, edit.options, edit.confirmed_critical)
    before = facts(session, schedule)
    schedule.name = clean_name(edit.name, "schedule")
    _set_rhythm(session, schedule, " ".join(edit.cron.split()), edit.timezone)
    _set_options(schedule, edit.options)
    _set_metrics(session, schedule, chosen, edit.confirmed_critical)
    schedule.revision += 1
    session.flush()
    changes = audit.changed(before, facts(session, schedule))
    record_change(session, actor, "schedule.edit", schedule, **changes)


def duplicate(database: Database, actor: Actor, schedule_id: int) -> ScheduleView:
    """A copy that is paused, read-only and the actor's own, to be set up before it fires.

    Read-only, since auto-apply was confirmed for the original alone. Raises NotFound, NotAllowed.
    """
    with database.write() as session:
        original = mine(session, actor, schedule_id, auto_apply=False)
        copy = _copy(original, run_options(original), actor)
        copy.created_at = database_now(session)
        session.add(copy)
        session.flush()
        for position, metric_id in enumerate(metric_ids(session, original.id)):
            session.add(ScheduleMetric(schedule_id=copy.id, metric_id=metric_id, position=position))
        session.flush()
        made = audit.made(facts(session, copy))
        record_change(session, actor, "schedule.duplicate", copy, original=str(original.id), **made)
        return view(session, copy)


def _unchanged(session: Session, actor: Actor, schedule_id: int, expected_revision: int) -> Schedule:
    schedule = mine(session, actor, schedule_id)
    if schedule.revision != expected_revision:
        raise EditedMeanwhile(
            f"“{schedule.name}” was changed while you were editing it; nothing was overwritten."
        )
    return schedule


def _chosen(session: Session, schedule: Schedule, metrics: Sequence[int]) -> list[Metric]:
    """The metrics in the order given; only those that are new to the schedule must be LLM judges."""
    if not metrics:
        raise BadSchedule("A schedule needs at least one metric.")
    kept = set(metric_ids(session, schedule.id))
    added = [metric_id for metric_id in metrics if metric_id not in kept]
    if added:
        chosen_metrics(session, schedule.project_id, added)
    return [find(session, metric_id) for metric_id in dict.fromkeys(metrics)]


def _set_rhythm(session: Session, schedule: Schedule, cron: str, timezone: str) -> None:
    """Fires that were due under the old rhythm and not handled yet are listed as missed."""
    now = database_now(session)
    following = first_fire(cron, timezone, now)
    if (cron, timezone) == (schedule.cron, schedule.timezone):
        return
    if schedule.enabled:
        write_overdue(session, schedule, "The schedule was changed before this fire was handled.")
        schedule.next_fire_at = following
    schedule.cron, schedule.timezone = cron, timezone


def _set_options(schedule: Schedule, options: RunOptions) -> None:
    schedule.auto_apply, schedule.apply_code = options.auto_apply, options.apply_code
    schedule.guard, schedule.notify = options.guard.value, options.notify.value
    schedule.max_calls, schedule.max_cost = options.max_calls, options.max_cost


def _set_metrics(
    session: Session, schedule: Schedule, metrics: Sequence[Metric], confirmed_critical: Sequence[str]
) -> None:
    session.execute(delete(ScheduleMetric).where(ScheduleMetric.schedule_id == schedule.id))
    add_metrics(session, schedule.id, metrics, confirmed_critical)


def _copy(original: Schedule, options: RunOptions, actor: Actor) -> Schedule:
    copy = Schedule(
        project_id=original.project_id,
        name=f"Copy of {original.name}"[:MAX_NAME],
        cron=original.cron,
        timezone=original.timezone,
        enabled=False,
        paused_reason=COPY_PAUSED,
        next_fire_at=None,
        owner_id=actor.user_id,
    )
    _set_options(copy, replace(options, auto_apply=False))
    return copy
