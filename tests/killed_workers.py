"""Workers that die in the middle of what is due, as the kernel kills them when it runs out of memory."""

from __future__ import annotations

import subprocess
import sys
import time

from pydantic import SecretStr
from sqlalchemy import update

from core.models import Job
from tests.servers import ROOT
from tests.world import World

WORKER = """
import sys
from core import queue
from core.jobs.workplace import make_workplace
from core.settings import load_settings
from core.work import perform
place = make_workplace(load_settings(_env_file=None))
print("ready", flush=True)
for job_id in map(int, sys.argv[1:]):
    perform(place, queue.connect(place.settings.redis), job_id)
"""


def killed_somewhere(world: World, after_seconds: float) -> None:
    """A worker process takes what is due and is killed so long after; then its leases run out."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, *map(str, world.due_jobs())],
        env=_environment(world),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(after_seconds)
    process.kill()
    process.wait()
    process.stdout.close()
    with world.database.write() as session:
        session.execute(update(Job).where(Job.status == "running").values(status="queued", token=None))


def _environment(world: World) -> dict[str, str]:
    """The world's own settings, for a process of its own."""
    given = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    for name in world.settings.model_fields_set:
        value = getattr(world.settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value is not None:
            given[name.upper()] = str(value)
    return given
