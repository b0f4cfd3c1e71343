"""A schedule is due: exactly one run, or one missed or skipped row with its reason, for every fire.

All in one transaction: the fire (UNIQUE on schedule and moment), the run with its results and jobs, and
the next fire by compare-and-set. Two schedulers may try the same fire; one of them finds it done. Many
schedules that are due at the same moment share the transaction: each by itself, a thousand of them
would take ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core import audit
from core.accounts import product
from core.cron import parse, zone
from core.db import Database, database_now, insert_new
from core.errors import BadCron, UnknownZone
from core.models import FireRecord, Run, Schedule
from core.runs import WAITING, NewRun, RunOptions, create_runs
from core.schedules.overdue import write_overdue
from core.schedules.rules import is_live, metric_ids_of
from core.schedules.settling import MOST_AT_ONCE, Settlement, Situation, settle
from core.terms import Guard, Notify, Origin

MOST_ROWS = 4 * MOST_AT_ONCE
"""Fires written in one transaction, whichever schedules they are of: others wait for it to end."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What firing did: jobs to push, and when the schedule is due next (None: not any more)."""

    job_ids: tuple[int, ...]
    next_fire_at: datetime | None


def fire(database: Database, schedule_id: int, grace_seconds: int) -> Fired:
    """Let a schedule fire if it is due by the database's clock; harmless when it is not."""
    return fire_all(database, [schedule_id], grace_seconds)[schedule_id]


def fire_all(database: Database, schedule_ids: Sequence[int], grace_seconds: int) -> dict[int, Fired]:
    """Let those of the schedules fire that are due, in one transaction; what was done, by id.

    Where one of them raises, none has fired: the others are to be fired without it.
    """
    with database.write() as session:
        # In one order, so that two who lock several never wait for each other.
        query = select(Schedule).where(Schedule.id.in_(schedule_ids)).order_by(Schedule.id)
        found = session.scalars(query.with_for_update()).all()
        live = [schedule for schedule in found if is_live(schedule)]
        fired = dict.fromkeys(schedule_ids, Fired((), None))
        fired |= {schedule.id: Fired((), schedule.next_fire_at) for schedule in live}
        now = database_now(session)
        due = [each for each in live if each.next_fire_at is not None and each.next_fire_at <= now]
        if due:
            fired |= _fire_due(session, due, now, timedelta(seconds=grace_seconds))
        return fired


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


def run_options(schedule: Schedule) -> RunOptions:
    return RunOptions(
        auto_apply=schedule.auto_apply,
        apply_code=schedule.apply_code,
        guard=Guard(schedule.guard),
        notify=Notify(schedule.notify),
        max_calls=schedule.max_calls,
        max_cost=schedule.max_cost,
    )


def _fire_due(session: Session, due: Sequence[Schedule], now: datetime, grace: timedelta) -> dict[int, Fired]:
    metrics = metric_ids_of(session, [schedule.id for schedule in due])
    settled = _settle(session, due, now, grace, metrics)
    moved = {each: found for each, found in settled.items() if _move_on(session, each, found.following)}
    new = _write(session, moved, now)
    starting = {
        schedule: new[schedule.id, found.run_at]
        for schedule, found in moved.items()
        if found.run_at is not None and (schedule.id, found.run_at) in new
    }
    jobs = _start(session, starting, metrics)
    empty = [schedule for schedule, found in moved.items() if found.empty]
    for schedule in empty:
        _pause(session, schedule, "All metrics of this schedule were deleted.")
    following = {schedule: found.following for schedule, found in settled.items() if schedule not in empty}
    return {each.id: Fired(jobs.get(each.id, ()), following.get(each)) for each in due}


def _settle(
    session: Session,
    due: Sequence[Schedule],
    now: datetime,
    grace: timedelta,
    metrics: Mapping[int, Sequence[int]],
) -> dict[Schedule, Settlement]:
    """What becomes of each; one whose cron or zone is no longer understood misses its fire and is paused."""
    going = _going(session, [schedule.id for schedule in due])
    most = min(MOST_AT_ONCE, max(1, MOST_ROWS // len(due)))
    settled: dict[Schedule, Settlement] = {}
    for schedule in due:
        assert schedule.next_fire_at is not None
        met = Situation(now, grace, going.get(schedule.id), bool(metrics[schedule.id]))
        try:
            cron, hands = parse(schedule.cron), zone(schedule.timezone)
            settled[schedule] = settle(cron, hands, schedule.next_fire_at, met, most)
        except (BadCron, UnknownZone) as error:
            write_overdue(session, schedule, str(error))
            _pause(session, schedule, str(error))
    return settled


def _going(session: Session, schedule_ids: Sequence[int]) -> dict[int, int]:
    """The oldest unfinished run of each schedule that has one."""
    oldest = select(Run.schedule_id, func.min(Run.id)).where(Run.finished_at.is_(None))
    rows = session.execute(oldest.where(Run.schedule_id.in_(schedule_ids)).group_by(Run.schedule_id))
    return {schedule_id: run_id for schedule_id, run_id in rows if schedule_id is not None}


def _move_on(session: Session, schedule: Schedule, following: datetime) -> bool:
    moved = session.execute(
        update(Schedule)
        .where(
            Schedule.id == schedule.id,
            Schedule.next_fire_at == schedule.next_fire_at,
            Schedule.enabled.is_(True),
        )
        .values(next_fire_at=following)
        .execution_options(synchronize_session=False)
        .returning(Schedule.id)
    ).scalar_one_or_none()
    return moved is not None


def _write(
    session: Session, moved: Mapping[Schedule, Settlement], now: datetime
) -> dict[tuple[int, datetime], int]:
    """The ids of the rows that were not there yet, by schedule and moment."""
    rows = [
        {
            "schedule_id": schedule.id,
            "due_at": moment.due,
            "kind": moment.kind,
            "reason": moment.reason,
            "created_at": now,
        }
        for schedule, found in moved.items()
        for moment in found.moments
    ]
    new = insert_new(session, FireRecord, rows, FireRecord.id, FireRecord.schedule_id, FireRecord.due_at)
    return {(row.schedule_id, row.due_at): row.id for row in new}


def _start(
    session: Session, starting: Mapping[Schedule, int], metrics: Mapping[int, Sequence[int]]
) -> dict[int, tuple[int, ...]]:
    """A run for each schedule, given with the id of its fire; the jobs by schedule."""
    wanted = [
        NewRun(each.project_id, metrics[each.id], run_options(each), schedule_id=each.id) for each in starting
    ]
    made = create_runs(session, product(Origin.SCHEDULE), wanted, state=WAITING)
    fired = [
        {"id": fire_id, "run_id": run.id} for fire_id, (run, _) in zip(starting.values(), made, strict=True)
    ]
    if fired:
        session.execute(update(FireRecord), fired)
    return {
        each.id: tuple(job_id for _, job_id in results)
        for each, (_, results) in zip(starting, made, strict=True)
    }


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
