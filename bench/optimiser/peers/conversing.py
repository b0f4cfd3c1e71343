"""One process a peer, which is told a job and answers it, job after job."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import Any

from bench.optimiser.peers.environments import Unavailable, python_of

HERE = Path(__file__).parent
LONGEST_SECONDS = 600
QUIET = {"LITELLM_LOG": "ERROR", "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false", "DO_NOT_TRACK": "1"}
QUIET |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
ONE_JOB_A_PROCESS = ("evidently",)
"""It keeps event loops from one job to the next, and a later one stands still. Its seconds hold imports."""
SAID = 600
"""Characters of what a failed script said last."""


class Conversation:
    """A peer's script. One that fails or takes too long is started afresh for the next job."""

    def __init__(self, peer: str, variant: str, base_url: str) -> None:
        self._peer = peer
        self._command = [str(python_of(peer)), str(HERE / f"{peer}_peer.py"), variant]
        # A cache of answers that outlives a process would make the calls of a second run look free.
        self._folder = tempfile.TemporaryDirectory(prefix=f"{peer}-")
        self._environment = (
            os.environ
            | QUIET
            | {"OPENAI_API_KEY": "simulated", "OPENAI_API_BASE": base_url, "OPENAI_BASE_URL": base_url}
            | {"DSPY_CACHEDIR": self._folder.name}
        )
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.end)

    def ask(self, job: str) -> dict[str, Any]:
        """The answer to a job. Raises Unavailable."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        too_long = threading.Timer(LONGEST_SECONDS, process.kill)
        too_long.start()
        try:
            process.stdin.write(job + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            too_long.cancel()
        if not line:
            self.end()
            raise Unavailable(self._said())
        if self._peer in ONE_JOB_A_PROCESS:
            self.end()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def _log(self) -> Path:
        return Path(self._folder.name) / "said.txt"

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace").strip()[-SAID:]

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            with self._log.open("w") as log:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    env=self._environment,
                )
        return self._process


@cache
def conversation(peer: str, variant: str, base_url: str) -> Conversation:
    """The one process of this peer and endpoint. Raises Unavailable where it can't be installed."""
    return Conversation(peer, variant, base_url)
