"""Is everything there? One sentence for each part, whatever is broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from core import health
from core.db import Database, database_now
from core.models import ProcessBeat
from tests.databases import on_both
from tests.world import World

STARTED = datetime(2026, 1, 1, tzinfo=UTC)


def beat(world: World, name: str, kind: str) -> None:
    health.beat(world.database, name, kind, STARTED, {"model": "scripted"})


def names(world: World) -> list[str]:
    with world.database.read() as session:
        return sorted(session.scalars(select(ProcessBeat.name)))


@on_both
def test_all_is_well_while_everything_answers(world: World) -> None:
    for name in ("worker-1", "worker-2"):
        beat(world, name, "worker")
    beat(world, "scheduler-1", "scheduler")
    found = health.check(world.settings, world.database)
    assert found.status == "ok"
    assert found.worker.sentence == "2 workers are running."
    assert found.scheduler.sentence == "1 scheduler is running."
    assert found.as_json()["redis"] == {"ok": True, "sentence": "Redis answers."}


def test_without_workers_and_schedulers_it_says_what_that_means(world: World) -> None:
    found = health.check(world.settings, world.database)
    assert found.status == "degraded"
    assert found.worker.sentence == "No worker is running: nothing is worked on until one is."
    assert found.scheduler.sentence == "No scheduler is running: no schedule fires until one is."


@on_both
def test_a_process_that_went_silent_does_not_count_and_is_forgotten_in_time(world: World) -> None:
    beat(world, "worker-1", "worker")
    with world.database.write() as session:
        long_ago = database_now(session) - timedelta(seconds=31)
        session.execute(update(ProcessBeat).values(beat_at=long_ago))
    assert not health.check(world.settings, world.database).worker.ok
    beat(world, "worker-1", "worker")
    assert health.check(world.settings, world.database).worker.ok

    with world.database.write() as session:
        session.execute(update(ProcessBeat).values(beat_at=database_now(session) - timedelta(days=2)))
    beat(world, "worker-2", "worker")
    assert names(world) == ["worker-2"]
    health.forget(world.database, "worker-2")
    assert names(world) == []


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense", "redis://127.0.0.1:port/0"])
def test_a_redis_that_does_not_answer_is_said_to_be_so(world: World, url: str) -> None:
    settings = world.settings.model_copy(update={"redis_url": SecretStr(url)})
    found = health.check(settings, world.database)
    assert not found.redis.ok
    assert "Redis" in found.redis.sentence or "REDIS_URL" in found.redis.sentence


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        "mysql://nobody@127.0.0.1:1/nothing",
        "sqlite:////proc/there/is/no/such/folder.db",
    ],
)
def test_a_database_that_does_not_answer_is_said_to_be_so(world: World, url: str) -> None:
    found = health.check(world.settings, Database(url))
    assert (found.status, found.database.ok, found.worker.ok) == ("degraded", False, False)
    assert "DATABASE_URL" in found.database.sentence
    assert found.worker.sentence == "Without the database nothing is known of the worker."


def test_a_database_that_was_never_migrated_says_what_to_do(world: World, tmp_path: Path) -> None:
    found = health.check(world.settings, Database(f"sqlite:///{tmp_path}/empty.db"))
    assert "python -m core migrate" in found.database.sentence
