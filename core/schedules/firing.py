"""A schedule is due: exactly one run, or one missed or skipped row with its reason, for every fire.

All in one transaction: the fire (UNIQUE on schedule and moment), the run with its results and jobs, and
the next fire by compare-and-set. Two schedulers may try the same fire; one of them finds it done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.accounts import product
from core.cron import fires_between, next_fire, parse, zone
from core.db import Database, database_now, insert_once
from core.errors import BadCron, UnknownZone
from core.models import FireRecord, Run, Schedule
from core.runs import WAITING, RunOptions, create_run
from core.schedules.rules import is_live, metric_ids
from core.terms import Guard, Notify, Origin

MOST_AT_ONCE = 500
"""Missed fires written in one transaction; after a long down time the rest follow at the next tick."""
ON_TIME = timedelta(minutes=1)
"""A fire this late was not missed, however short the grace: looking and locking take their seconds."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What firing did: jobs to push, and when the schedule is due next (None: not any more)."""

    job_ids: tuple[int, ...]
    next_fire_at: datetime | None


def fire(database: Database, schedule_id: int, grace_seconds: int) -> Fired:
    """Let a schedule fire if it is due by the database's clock; harmless when it is not."""
    with database.write() as session:
        schedule = session.get(Schedule, schedule_id, with_for_update=True)
        if schedule is None or not is_live(schedule) or schedule.next_fire_at is None:
            return Fired((), None)
        now = database_now(session)
        if schedule.next_fire_at > now:
            return Fired((), schedule.next_fire_at)
        try:
            return _fire_due(session, schedule, now, timedelta(seconds=grace_seconds))
        except (BadCron, UnknownZone) as error:
            _pause(session, schedule, str(error))
            return Fired((), None)


def due_schedules(database: Database, limit: int = 1000) -> list[int]:
    """Ids of the schedules that are due by the database's clock, the longest due first."""
    with database.read() as session:
        return list(
            session.scalars(
                select(Schedule.id)
                .where(
                    Schedule.enabled.is_(True),
                    Schedule.deleted_at.is_(None),
                    Schedule.next_fire_at <= database_now(session),
                )
                .order_by(Schedule.next_fire_at)
                .limit(limit)
            )
        )


def next_fires_of_all(database: Database) -> list[tuple[int, datetime]]:
    """Every live schedule's id with its next fire, to fill an empty Redis from."""
    with database.read() as session:
        rows = session.execute(
            select(Schedule.id, Schedule.next_fire_at).where(
                Schedule.enabled.is_(True),
                Schedule.deleted_at.is_(None),
                Schedule.next_fire_at.is_not(None),
            )
        )
        return [(row.id, row.next_fire_at) for row in rows]


def _fire_due(session: Session, schedule: Schedule, now: datetime, grace: timedelta) -> Fired:
    first = schedule.next_fire_at
    assert first is not None
    cron, timezone = parse(schedule.cron), zone(schedule.timezone)
    due = [first, *fires_between(cron, timezone, first, now, MOST_AT_ONCE)]
    if len(due) > MOST_AT_ONCE:
        missed, newest, following = due[:-1], None, due[-1]
    else:
        missed, newest, following = due[:-1], due[-1], next_fire(cron, timezone, max(now, due[-1]))
    if not _move_on(session, schedule, first, following):
        return Fired((), following)
    for moment in missed:
        _write(session, schedule, moment, "missed", "Plumbline was not running at that time.")
    if newest is None:
        return Fired((), following)
    return Fired(_settle(session, schedule, newest, now, grace), following)


def _settle(
    session: Session, schedule: Schedule, due: datetime, now: datetime, grace: timedelta
) -> tuple[int, ...]:
    """The newest due fire: run it, or write why not."""
    if now - due > max(grace, ON_TIME):
        _write(session, schedule, due, "missed", "Plumbline was not running, and was back too late for it.")
        return ()
    going = session.scalar(
        select(Run.id).where(Run.schedule_id == schedule.id, Run.finished_at.is_(None)).limit(1)
    )
    if going is not None:
        _write(session, schedule, due, "skipped", f"Run {going} of this schedule was still going.")
        return ()
    metrics = metric_ids(session, schedule.id)
    if not metrics:
        _write(session, schedule, due, "skipped", "The schedule had no metrics left.")
        _pause(session, schedule, "All metrics of this schedule were deleted.")
        return ()
    fire_id = _write(session, schedule, due, "run", "")
    if fire_id is None:
        return ()
    run, made = create_run(
        session,
        product(Origin.SCHEDULE),
        schedule.project_id,
        metrics,
        run_options(schedule),
        state=WAITING,
        schedule_id=schedule.id,
    )
    session.execute(update(FireRecord).where(FireRecord.id == fire_id).values(run_id=run.id))
    return tuple(job_id for _, job_id in made)


def run_options(schedule: Schedule) -> RunOptions:
    return RunOptions(
        auto_apply=schedule.auto_apply,
        apply_code=schedule.apply_code,
        guard=Guard(schedule.guard),
        notify=Notify(schedule.notify),
        max_calls=schedule.max_calls,
        max_cost=schedule.max_cost,
    )


def _move_on(session: Session, schedule: Schedule, was: datetime, following: datetime) -> bool:
    moved = session.execute(
        update(Schedule)
        .where(Schedule.id == schedule.id, Schedule.next_fire_at == was, Schedule.enabled.is_(True))
        .values(next_fire_at=following)
        .execution_options(synchronize_session=False)
        .returning(Schedule.id)
    ).scalar_one_or_none()
    return moved is not None


def _write(session: Session, schedule: Schedule, due: datetime, kind: str, reason: str) -> int | None:
    values = {
        "schedule_id": schedule.id,
        "due_at": due,
        "kind": kind,
        "reason": reason,
        "created_at": database_now(session),
    }
    found: int | None = insert_once(session, FireRecord, values, FireRecord.id)
    return found


def _pause(session: Session, schedule: Schedule, reason: str) -> None:
    session.execute(
        update(Schedule)
        .where(Schedule.id == schedule.id)
        .values(enabled=False, paused_reason=reason, next_fire_at=None, revision=Schedule.revision + 1)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        product(Origin.SCHEDULE),
        "schedule.pause",
        f"schedule {schedule.name}",
        project_id=schedule.project_id,
        reason=reason,
    )
