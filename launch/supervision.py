"""The one child of the launcher: the process that keeps the parts running."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launch import orphans

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 60.0
"""Longer than the parts may take one group after the other; beyond it they are killed."""


class Supervision:
    """Start, restart and stop the supervising process.

    It gets a session of its own, so that Ctrl-C in the terminal reaches the launcher alone and the
    parts are stopped in order.
    """

    def __init__(self, config: Path, environment: Mapping[str, str], lock: int) -> None:
        self._command = [sys.executable, "-m", "launch.supervise", str(os.getpid()), str(config)]
        self._environment = dict(environment)
        self._lock = lock
        self._log = config.parent / "logs" / "supervise.log"
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(self._lock,),
            )

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def wait(self, seconds: float) -> None:
        """Until it ends, at most `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def restart(self) -> None:
        """After it was killed: what it left running is ended first, or the ports would be taken."""
        orphans.end_children()
        self._process = self._start()

    def stop(self) -> None:
        self._process.terminate()
        self.wait(STOP_SECONDS)
        self._process.kill()
        self._process.wait()
        orphans.end_children()
