"""Workers and schedulers as processes of their own, which a test may kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.health import alive
from tests.servers import ROOT, wait_until
from tests.world import World

LEASE_SECONDS = 3


@dataclass
class Processes:
    """What was started for one world; all of it is gone at the end."""

    world: World
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    """What they get instead of, or beside, what the world's settings say."""

    def worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker")

    def scheduler(self) -> subprocess.Popen[bytes]:
        return self._start("scheduler", "scheduler")

    def log(self, kind: str = "*") -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob(f"{kind}-*.log")))

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        known = self._alive(kind)
        with (self.folder / f"{kind}-{len(self.started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "worker", *arguments],
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        wait_until(lambda: self._alive(kind) - known or process.poll() is not None, f"a {kind}")
        assert process.poll() is None, self.log()
        return process

    def _alive(self, kind: str) -> set[str]:
        with self.world.database.read() as session:
            return {beat.name for beat in alive(session, kind)}

    def _environment(self) -> dict[str, str]:
        settings = self.world.settings
        assert settings.smtp_url is not None
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PLUMBLINE_HOME": str(self.folder),
            "DATABASE_URL": self.world.database.url,
            "REDIS_URL": settings.redis,
            "LLM_BASE_URL": self.world.endpoint.url,
            "LLM_MODEL": settings.llm_model,
            "LLM_API_KEY": "secret",
            "LLM_CONCURRENCY": str(settings.llm_concurrency),
            "SMTP_URL": settings.smtp_url.get_secret_value(),
            "LEASE_SECONDS": str(LEASE_SECONDS),
        } | self.environment


@contextmanager
def processes(world: World, folder: Path, **environment: str) -> Iterator[Processes]:
    found = Processes(world, folder, environment=environment)
    try:
        yield found
    finally:
        for process in found.started:
            for horse in horses(process):
                kill(horse.pid)
            process.kill()
            process.wait()


def horses(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes a worker has forked to perform a job."""
    try:
        return psutil.Process(worker.pid).children()
    except psutil.NoSuchProcess:
        return []


def kill(pid: int) -> None:
    """As the kernel does that runs out of memory."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
