"""A worker that is killed with SIGKILL while it brings a file in, and the one that goes on."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import imports, jobs
from core.lab import ImportReport
from core.models import Call, MetricReview
from tests.databases import database, migrated_file, migrated_postgres, on_both, postgres
from tests.servers import wait_until
from tests.worker_processes import horses, kill, processes
from tests.world import World, endpoint, model, world

__all__ = ["database", "endpoint", "migrated_file", "migrated_postgres", "model", "postgres", "world"]

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(300)]
ROWS = 4_000
PATIENCE = 120.0


def file_of_calls() -> io.BytesIO:
    said = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Good day. " * 30}]
    lines = (json.dumps({"id": f"c{n}", "transcript": said, "label": "pass"}) for n in range(ROWS))
    return io.BytesIO("\n".join(lines).encode())


def count(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(Call)) or 0


@on_both
def test_an_import_survives_the_death_of_its_worker(world: World, tmp_path: Path) -> None:
    metric_id = world.metric()
    with processes(world, tmp_path) as started:
        started.scheduler()
        worker = started.worker()
        looked_at = ImportReport("calls.jsonl", rows=ROWS)
        job_id = imports.start(
            world.database,
            world.editor,
            world.project_id,
            metric_id,
            file_of_calls(),
            looked_at,
            columns={},
            skip_bad=False,
        )
        jobs.push_now(world.database, world.redis, [job_id])
        wait_until(lambda: count(world) > 0, "the first calls", PATIENCE)
        for horse in horses(worker):
            kill(horse.pid)
        kill(worker.pid)
        assert count(world) < ROWS
        started.worker()
        wait_until(lambda: world.job(job_id).final, "the import", PATIENCE)
    found = imports.newest(world.database, world.editor, world.project_id)
    assert found is not None
    assert found.report is not None
    assert (found.job.status, found.report.new, found.report.known) == ("finished", ROWS, 0)
    with world.database.read() as session:
        assert session.scalar(select(func.count(Call.external_id.distinct()))) == count(world) == ROWS
        assert session.scalar(select(func.count()).select_from(MetricReview)) == ROWS
