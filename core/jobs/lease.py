"""Keep a claimed job alive while it works, and carry its progress to the database."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from core.db import Database
from core.errors import Cancelled, LeaseLost
from core.jobs.statements import Claim, beat

BEAT_SECONDS = 1.0


class Lease:
    """A heartbeat thread, and the progress that the optimiser reports into.

    `check()` raises Cancelled or LeaseLost in the working thread; it is cheap and may be called for
    every row. A database that is locked or away for a while loses nothing: only when no heartbeat got
    through for `lease_seconds`, failed or still on its way, must this worker assume that another one has
    the job by now. The job is closed after the block, by `finish` or `defer`. Leaving the block raises
    LeaseLost, too.
    """

    def __init__(self, database: Database, mine: Claim, lease_seconds: float) -> None:
        self._database = database
        self._mine = mine
        self._lease_seconds = lease_seconds
        self._stop = threading.Event()
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._lock = threading.Lock()
        self._stage, self._done, self._expected = "", 0, 0
        self._last_beat = time.monotonic()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{mine.job_id}", daemon=True)

    def __enter__(self) -> Lease:
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        if kind is None:
            self._beat()  # what was counted since the last beat belongs to the job's last word

    def stage(self, name: str) -> None:
        """Say what is being done now."""
        with self._lock:
            self._stage = name

    def expect(self, calls: int) -> None:
        """Add to the number of model calls that will be needed."""
        with self._lock:
            self._expected += calls

    def done(self, calls: int = 1) -> None:
        """Add to the number of model calls that were made."""
        with self._lock:
            self._done += calls

    def check(self) -> None:
        if self._lost.is_set() or time.monotonic() - self._last_beat > self._lease_seconds:
            raise LeaseLost("Another worker has taken this job over.")
        if self._cancelled.is_set():
            raise Cancelled("The run was cancelled.")

    def _keep(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._beat()
            except LeaseLost:
                self._lost.set()
                return
            except SQLAlchemyError:
                continue  # check() counts the seconds since the last one that got through

    def _beat(self) -> None:
        with self._lock:
            stage, done, expected = self._stage, self._done, self._expected
        began = time.monotonic()
        if beat(self._database, self._mine, stage, done, max(done, expected)):
            self._cancelled.set()
        self._last_beat = began
