"""How late are fires with 10,000 schedules, and what does the scheduler cost while nothing is due?

Plumbline's scheduler on SQLite and on PostgreSQL, beside rq-scheduler as it comes, each with a Redis of
its own: an idle tick, 1,000 schedules due at the same moment (from that moment until each job is in the
queue), the first tick on an emptied Redis, memory, and a rerun of the Schedules page.

    python -m bench.schedules [--schedules 10000] [--due 1000] [--databases sqlite postgresql]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from redis import Redis

from bench import schedule_world, stock_scheduler
from bench.dashboard import page_timer
from bench.servers import own_database, own_redis
from bench.signed_in import signed_in
from core import accounts, queue
from core.db import Database
from core.jobs.workplace import make_workplace
from core.logs import set_up_logs
from core.migrations import migrate
from core.settings import load_settings
from core.terms import Origin
from worker.scheduler import LOCK_SECONDS, DatabaseScheduler

IDLE_SECONDS = 30
LEAD = timedelta(seconds=3)
"""How long before they are due the schedules are set: the moment is met while the process ticks."""
PATIENCE = 120.0

Row = dict[str, object]


def milliseconds(samples: Sequence[float], part: float) -> float:
    """A quantile of durations in seconds."""
    ordered = sorted(samples)
    return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1)


def timed(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def ticks(tick: Callable[[], object]) -> list[float]:
    """Ticks once a second for half a minute, as the loop makes them; their durations."""
    found = []
    for _ in range(IDLE_SECONDS):
        found.append(timed(tick))
        time.sleep(max(0.0, 1 - found[-1]))
    return found


def lateness(connection: Redis, key: str, count: int, due: datetime) -> list[float]:
    """Seconds from the due moment until each of the jobs was in the queue, ascending."""
    found: list[float] = []
    deadline = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < deadline:
        arrived = int(connection.llen(key))  # type: ignore[arg-type]
        late = time.time() - due.timestamp()
        found += [late] * (arrived - len(found))
        time.sleep(0.01)
    assert len(found) == count, f"{len(found)} of {count} jobs were enqueued within {PATIENCE:.0f} s"
    return found


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[psutil.Process]:
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def ready(holds: Callable[[], bool]) -> float:
    """Seconds until it holds."""
    began = time.perf_counter()
    while not holds():
        assert time.perf_counter() - began < PATIENCE
        time.sleep(0.01)
    return time.perf_counter() - began


def soon() -> datetime:
    return (datetime.now(UTC) + LEAD).replace(microsecond=0)


def measure_ours(kind: str, url: str, redis_url: str, home: Path, schedules: int, due: int) -> Row:
    environment = {"PLUMBLINE_HOME": str(home), "DATABASE_URL": url, "REDIS_URL": redis_url}
    settings = load_settings(plumbline_home=home, database_url=url, redis_url=redis_url, log_level="WARNING")
    place, connection = make_workplace(settings), queue.connect(redis_url)
    _found(place.database, schedules)
    scheduler = DatabaseScheduler(place, connection)
    first = timed(scheduler.enqueue_jobs)
    idle = ticks(scheduler.enqueue_jobs)
    connection.flushall()
    command = [sys.executable, "-m", "worker", "scheduler"]
    with running(command, environment | {"LOG_LEVEL": "WARNING"}) as process:
        started = ready(lambda: connection.zcard(queue.SCHEDULES) == schedules)
        moment = soon()
        schedule_world.make_due(place.database, connection, due, moment)
        late = lateness(connection, f"rq:queue:{queue.QUEUE}", due, moment)
        memory = process.memory_info().rss
    found = _row(f"plumbline, {kind}", idle, late, first, started, memory)
    found["takeover_s"] = measure_takeover(connection, command, environment)
    found |= measure_page(environment)
    place.database.dispose()
    return found


def measure_takeover(connection: Redis, command: list[str], environment: dict[str, str]) -> float:
    """Seconds until another scheduler has the lock of one that kill -9 hit in the middle of a tick."""
    with running(command, environment):
        ready(lambda: any(connection.scan_iter("plumbline:scheduler_instance:*")))
        connection.set(DatabaseScheduler.scheduler_lock_key, "killed", ex=LOCK_SECONDS)
        return round(ready(lambda: connection.get(DatabaseScheduler.scheduler_lock_key) != b"killed"), 1)


def _found(database: Database, schedules: int) -> None:
    migrate(database)
    actor = accounts.local_admin(database, "admin@localhost", Origin.COMMAND_LINE)
    schedule_world.fill(database, actor, schedules)


def measure_page(environment: dict[str, str]) -> Row:
    from dashboard import product

    before = {name: os.environ.get(name) for name in environment}
    os.environ |= environment
    product.settings.cache_clear(), product.database.cache_clear()
    with signed_in():
        rerun = page_timer("schedules", {})
        rerun()
        found = [rerun().seconds for _ in range(7)]
    product.database().dispose()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return {"page_ms": milliseconds(found, 0.5), "page_slowest_ms": milliseconds(found, 1)}


def measure_stock(redis_url: str, schedules: int, due: int) -> Row:
    connection = Redis.from_url(redis_url)
    scheduler = stock_scheduler.register(connection, schedules)
    first = timed(scheduler.enqueue_jobs)
    idle = ticks(scheduler.enqueue_jobs)
    command = [str(Path(sys.executable).with_name("rqscheduler")), "--url", redis_url, "--interval", "1"]
    with running([*command, "--quiet"], {}) as process:
        started = ready(lambda: any(connection.scan_iter("rq:scheduler_instance:*")))
        moment = soon()
        stock_scheduler.make_due(connection, scheduler, due, moment)
        late = lateness(connection, stock_scheduler.QUEUE, due, moment)
        memory = process.memory_info().rss
    return _row("rq-scheduler", idle, late, first, started, memory)


def _row(
    name: str, idle: Sequence[float], late: Sequence[float], first: float, started: float, memory: int
) -> Row:
    return {
        "scheduler": name,
        "idle_tick_ms": milliseconds(idle, 0.5),
        "idle_tick_mean_ms": round(1000 * statistics.mean(idle), 1),
        "idle_tick_slowest_ms": milliseconds(idle, 1),
        "late_p50_s": round(milliseconds(late, 0.5) / 1000, 2),
        "late_p99_s": round(milliseconds(late, 0.99) / 1000, 2),
        "all_enqueued_s": round(late[-1], 2),
        "first_tick_s": round(first, 2),
        "process_ready_s": round(started, 2),
        "memory_mb": round(memory / 1e6),
    }


def show(rows: Sequence[Row]) -> None:
    """One line for each thing measured, one column for each scheduler."""
    names = dict.fromkeys(name for row in rows for name in row)
    for name in names:
        print(f"{name:22}" + "".join(f"{row.get(name, '–')!s:>24}" for row in rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--databases", nargs="*", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    set_up_logs("WARNING")
    rows = []
    for kind in options.databases:
        with tempfile.TemporaryDirectory() as name, own_redis(Path(name) / "redis") as redis_url:
            home = Path(name)
            with own_database(kind, home) as url:
                rows.append(measure_ours(kind, url, redis_url, home, options.schedules, options.due))
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as redis_url:
        rows.append(measure_stock(redis_url, options.schedules, options.due))
    show(rows)
    shown = {"schedules": options.schedules, "due": options.due, "cores": os.cpu_count()}
    print(json.dumps({"bench": "schedules", **shown, "results": rows}))


if __name__ == "__main__":
    main()
