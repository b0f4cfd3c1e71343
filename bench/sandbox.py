"""How long does a metric's code hold a worker at the most?

Every attempt of the tests' catalogue to leave the sandbox or to exhaust it, one after the other: seconds from
the call to the sentence that it ends in, and after each whether the next script is answered. The process
exits with an error if an attempt succeeds, or holds on for longer than was promised each time it is tried.

    python -m bench.sandbox [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass

from core.sandbox import run_script
from tests.unit.sandbox.catalogue import ESCAPES, EXHAUSTIONS, Attempt, ask

PROMISED_SECONDS = 1.5
DATA = {"transcript": "[1] user: hello"}


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: `seconds` of its quickest round, which others on the machine held up least, and
    `slowest` of all of them."""

    name: str
    seconds: float
    slowest: float
    failed: bool
    goes_on: bool


def ending(attempt: Attempt, rounds: int) -> Ending:
    """The attempt, so many times over."""
    seconds, failures, answered = [], [], []
    for _ in range(rounds):
        began = time.perf_counter()
        failures.append(run_script(attempt.code, DATA, {"ask": ask}).failure)
        seconds.append(time.perf_counter() - began)
        answered.append(run_script("_result = 1 + 1", {}).value == 2)
    return Ending(attempt.name, min(seconds), max(seconds), all(failures), all(answered))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    began = time.perf_counter()
    run_script("_result = True", {})  # the first one starts a process
    found = [ending(attempt, options.rounds) for attempt in [*ESCAPES, *EXHAUSTIONS]]
    slow = sorted(found, key=lambda one: one.seconds, reverse=True)
    for one in slow[:10]:
        print(f"{one.seconds:.2f} s  (at the most {one.slowest:.2f} s)  {one.name}")
    broken = [one.name for one in found if not (one.failed and one.goes_on) or one.seconds > PROMISED_SECONDS]
    summary = {
        "bench": "sandbox",
        "attempts": len(found),
        "rounds": options.rounds,
        "median_ms": round(statistics.median(one.seconds for one in found) * 1000, 1),
        "slowest": slow[0].name,
        "slowest_seconds": round(slow[0].seconds, 2),
        "slowest_of_all_rounds_seconds": round(max(one.slowest for one in found), 2),
        "broken": broken,
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(summary))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
