"""A project with thousands of schedules, put into the database as they would stand there after a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from redis import Redis
from sqlalchemy import insert, text, update

from core import accounts, metrics, queue
from core.db import Database
from core.models import FireRecord, Result, Run, Schedule, ScheduleMetric
from core.terms import Actor, Definition, EvalSettings

METRICS = 20
PAST_FIRES = 12
ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata")
BATCH = 2000


def fill(database: Database, actor: Actor, schedules: int) -> None:
    """A project, 20 metrics, weekly schedules over one metric each, and a dozen past fires of each."""
    project = accounts.add_project(database, actor, "Bench")
    for number in range(METRICS):
        definition = Definition("Did the agent solve it?\n" * 20)
        metrics.add(database, actor, project.id, f"Metric {number}", definition, EvalSettings())
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    with database.write() as session:
        session.execute(insert(Schedule), [_schedule(n, project.id, actor, now) for n in range(schedules)])
        session.execute(
            insert(ScheduleMetric),
            [{"schedule_id": n + 1, "metric_id": n % METRICS + 1, "position": 0} for n in range(schedules)],
        )
    _fill_past(database, project.id, schedules, now)
    with database.write() as session:
        session.execute(text("ANALYZE"))  # as PostgreSQL does by itself within a minute


def _schedule(n: int, project_id: int, actor: Actor, now: datetime) -> dict[str, object]:
    return {
        "project_id": project_id,
        "name": f"Schedule {n:05}",
        "cron": f"{n % 60} {n // 60 % 24} * * {n % 7}",
        "timezone": ZONES[n % len(ZONES)],
        "next_fire_at": now + timedelta(days=1, minutes=n % 8000),
        "owner_id": actor.user_id,
    }


def _fill_past(database: Database, project_id: int, schedules: int, now: datetime) -> None:
    """Three fires in four made a run with one result, the fourth was missed."""
    fired = [(n, week) for n in range(schedules) for week in range(PAST_FIRES) if (n + week) % 4]
    missed = [(n, week) for n in range(schedules) for week in range(PAST_FIRES) if not (n + week) % 4]
    at = {week: now - timedelta(days=7 * week + 1) for week in range(PAST_FIRES)}
    for start in range(0, len(fired), BATCH):
        piece = list(enumerate(fired[start : start + BATCH], start + 1))
        with database.write() as session:
            session.execute(insert(Run), [_run(project_id, n + 1, at[week]) for _, (n, week) in piece])
            session.execute(insert(Result), [_result(run, n, at[week]) for run, (n, week) in piece])
            session.execute(insert(FireRecord), [_fire(n, at[week], run) for run, (n, week) in piece])
    for start in range(0, len(missed), BATCH):
        with database.write() as session:
            piece_missed = missed[start : start + BATCH]
            session.execute(insert(FireRecord), [_fire(n, at[week], None) for n, week in piece_missed])


def _run(project_id: int, schedule_id: int, at: datetime) -> dict[str, object]:
    done = at + timedelta(minutes=2)
    return {
        "project_id": project_id,
        "schedule_id": schedule_id,
        "trigger": "schedule",
        "options": {},
        "started_at": at,
        "finished_at": done,
    }


def _result(run: int, n: int, at: datetime) -> dict[str, object]:
    outcome = ("applied", "proposed", "no_changes", "regressed")[run % 4]
    return {
        "run_id": run,
        "metric_id": n % METRICS + 1,
        "state": "done",
        "outcome": outcome,
        "finished_at": at,
    }


def _fire(n: int, at: datetime, run: int | None) -> dict[str, object]:
    kind, reason = ("run", "") if run else ("missed", "Plumbline was not running at that time.")
    return {"schedule_id": n + 1, "due_at": at, "kind": kind, "reason": reason, "run_id": run}


def make_due(database: Database, connection: Redis, count: int, at: datetime) -> None:
    """Let the first `count` schedules be due at a moment, here and in the sorted set."""
    with database.write() as session:
        session.execute(update(Schedule).where(Schedule.id <= count).values(next_fire_at=at))
    entries = {queue.schedule_entry(number + 1): at.timestamp() for number in range(count)}
    connection.zadd(queue.SCHEDULES, entries)
