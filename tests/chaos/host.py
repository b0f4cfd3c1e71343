"""A platform that keeps processes running: whatever ends is started again, as systemd or a pod would."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.settings import Settings
from tests.servers import ROOT
from tests.worker_processes import kill

LOOK_SECONDS = 0.1
BREATH_SECONDS = 1.0
"""Between an end and the next start."""

WRONG_ZONE = {"TZ": "Pacific/Kiritimati"}
PLACES: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("worker-1", (), {}),
    ("worker-2", (), WRONG_ZONE),
    ("scheduler-1", ("scheduler",), {}),
    ("scheduler-2", ("scheduler",), WRONG_ZONE),
)
"""Two of each, one of them on a host in the wrong zone."""


@dataclass
class Place:
    """One line of a Procfile on this platform."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    killed: bool = False
    ended_at: float = float("-inf")

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "worker", *self.arguments],
                cwd=self.log.parent,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.killed = False

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def horses(self) -> list[psutil.Process]:
        """The processes a worker has forked to perform a job."""
        try:
            return psutil.Process(self.process.pid).children() if self.process and self.running else []
        except psutil.NoSuchProcess:
            return []


@dataclass
class Host:
    """The places and what became of them. `ended_alone` lists processes that ended without being killed."""

    places: list[Place]
    ended_alone: list[str] = field(default_factory=list)
    starts: int = 0

    def of(self, kind: str) -> list[Place]:
        return [place for place in self.places if place.name.startswith(kind)]

    def kill(self, place: Place) -> None:
        """kill -9 of one process; its children live on, as they do when the kernel shoots the parent."""
        if place.process is not None:
            place.killed = True
            kill(place.process.pid)

    def look_after(self) -> None:
        """Start again what has ended, after a moment."""
        for place in self.places:
            if place.running:
                continue
            if place.process is not None:
                self._note_end(place)
            if time.monotonic() - place.ended_at >= BREATH_SECONDS:
                place.start()
                self.starts += 1

    def all_running(self) -> bool:
        return all(place.running for place in self.places)

    def errors(self) -> str:
        """The end of every process's log."""
        return "\n".join(f"== {each.name}\n{each.log.read_text()[-3000:]}" for each in self.places)

    def _note_end(self, place: Place) -> None:
        assert place.process is not None
        if not place.killed:
            self.ended_alone.append(f"{place.name} with {place.process.returncode}")
        place.process, place.ended_at = None, time.monotonic()


@contextmanager
def hosting(settings: Settings, database_url: str, folder: Path) -> Iterator[Host]:
    """Start the processes of the Procfile and keep them running until the block ends."""
    shared = _environment(settings, database_url, folder)
    host = Host([Place(name, words, shared | own, folder / f"{name}.log") for name, words, own in PLACES])
    closing = threading.Event()

    def keep() -> None:
        while not closing.wait(LOOK_SECONDS):
            host.look_after()

    keeper = threading.Thread(target=keep, name="host")
    host.look_after()
    keeper.start()
    try:
        yield host
    finally:
        closing.set()
        keeper.join()
        for place in host.places:
            _end(place)


def _end(place: Place) -> None:
    for horse in place.horses():
        kill(horse.pid)
    if place.process is not None:
        with suppress(ProcessLookupError):
            place.process.kill()
        place.process.wait()


def _environment(settings: Settings, database_url: str, folder: Path) -> dict[str, str]:
    assert settings.smtp_url is not None and settings.llm_base_url is not None
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PLUMBLINE_HOME": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.redis,
        "LLM_BASE_URL": settings.llm_base_url,
        "LLM_MODEL": settings.llm_model,
        "LLM_API_KEY": "secret",
        "LLM_CONCURRENCY": str(settings.llm_concurrency),
        "SMTP_URL": settings.smtp_url.get_secret_value(),
        "LEASE_SECONDS": "5",
        "GRACE_SECONDS": str(settings.grace_seconds),
    }
