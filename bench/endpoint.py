"""The demo model in a process of its own, so that it does not share our interpreter while we measure."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def demo_endpoint(latency_seconds: float) -> Iterator[str]:
    """The base URL of a demo model that answers after `latency_seconds`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.model", "--port", "0", "--latency", str(latency_seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, "the demo model did not start"
        yield found[0]
    finally:
        process.terminate()
        process.wait(timeout=10)
