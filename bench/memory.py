"""How much memory does the process that runs an optimisation take on a large Lab of long calls?

A whole run on 5,000 labelled calls of 20 KB, in a process of its own, and before it one on 50 such calls:
what the large one takes more is what grows with the Lab. Its transcripts alone are 100 MB as text.

    python -m bench.memory [--rows 5000] [--kilobytes 20] [--concurrency 16]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path

from bench.endpoint import demo_endpoint
from bench.whole_run import prepared, timed_run
from core import accounts
from core.db import Database
from core.jobs.workplace import make_workplace
from core.logs import set_up_logs
from core.settings import load_settings
from core.terms import Origin

FEW = 50


def measure(base_url: str, count: int, kilobytes: int, concurrency: int) -> dict[str, object]:
    """A run on so many calls, in a new process that knows nothing of how they came in."""
    with tempfile.TemporaryDirectory() as name:
        place, _, metric_id = prepared(Path(name), base_url, concurrency, count, kilobytes)
        place.database.dispose()
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(run_alone, (name, base_url, concurrency, metric_id)) | {"rows": count}


def run_alone(folder: str, base_url: str, concurrency: int, metric_id: int) -> dict[str, object]:
    """Megabytes at the most before and in the run, seconds, calls and outcome."""
    set_up_logs("ERROR")
    settings = load_settings(
        plumbline_home=Path(folder),
        database_url=f"sqlite:///{folder}/bench.db",
        llm_base_url=base_url,
        llm_concurrency=concurrency,
    )
    actor = accounts.local_admin(Database(settings.database), "bench@localhost", Origin.COMMAND_LINE)
    before, began = peak_mb(), time.perf_counter()
    timing, outcome = timed_run(make_workplace(settings), actor, metric_id)
    return {
        "before_mb": before,
        "peak_mb": peak_mb(),
        "seconds": round(time.perf_counter() - began, 1),
        "calls": timing.calls,
        "outcome": outcome,
    }


def peak_mb() -> int:
    """The most memory this process ever had in RAM; unlike getrusage's, without that of its parent."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise RuntimeError("this system does not tell")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--kilobytes", type=int, default=20)
    parser.add_argument("--concurrency", type=int, default=16)
    options = parser.parse_args()
    set_up_logs("WARNING")
    with demo_endpoint(0.0) as base_url:
        found = [
            measure(base_url, count, options.kilobytes, options.concurrency) for count in (FEW, options.rows)
        ]
    for row in found:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    print(json.dumps({"bench": "memory", "kilobytes": options.kilobytes, "results": found}))


if __name__ == "__main__":
    main()
