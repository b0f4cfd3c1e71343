"""How much time does a whole run add to its model calls, and what does a run cost that has nothing new?

A run on 500 labelled calls against an endpoint with 200 ms latency, beside a bare loop of the openai
SDK that makes as many judge calls on the same endpoint, one after the other in the same process; then
the same run again, which must find that nothing is new without a single call.

    python -m bench.whole_run [--rows 500] [--latency 0.2] [--concurrency 16 32] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import openai
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bench.endpoint import demo_endpoint
from core import accounts, lab, metrics, runs
from core.db import Database
from core.jobs.workplace import Workplace, make_workplace
from core.logs import set_up_logs
from core.migrations import migrate
from core.settings import Settings, load_settings
from core.terms import Actor, Definition, EvalSettings, Origin
from core.work import perform

NO_REDIS = Redis(port=1, retry=Retry(NoBackoff(), retries=0))
"""Nothing is there to be woken, and the run does not wait to find that out."""
DESCRIPTION = (
    "Did the agent resolve what the user asked for before the conversation ended?\n"
    '- Fail when the user says "still not working".\n'
    "- Otherwise pass.\n"
)


@dataclass(frozen=True)
class Timing:
    """Seconds of wall time and of this process's CPU, and the calls made in them."""

    wall: float
    cpu: float
    calls: int


def rows(count: int, kilobytes: int = 3) -> Iterator[dict[str, object]]:
    """Calls of about so many KB; in a third of them the label and the prompt above disagree."""
    filler = "Let me look into that for you, one moment please. " * (4 * kilobytes)
    for number in range(count):
        wrong = number % 3 == 0
        closing = "that does not help me at all" if wrong else "great, it works now"
        turns = [
            {"role": "user", "content": f"Hello, my order {number} has a problem with its parcel."},
            *({"role": "assistant", "content": filler} for _ in range(5)),
            {"role": "user", "content": closing},
        ]
        yield {
            "id": f"bench-{number}",
            "transcript": turns,
            "label": "fail" if wrong else "pass",
            "feedback": "“does not help” means it was not resolved" if wrong else "",
        }


def prepared(
    folder: Path, base_url: str, concurrency: int, count: int, kilobytes: int = 3
) -> tuple[Workplace, Actor, int]:
    """A fresh database with one metric and its labelled calls."""
    settings: Settings = load_settings(
        plumbline_home=folder,
        database_url=f"sqlite:///{folder}/bench.db",
        llm_base_url=base_url,
        llm_concurrency=concurrency,
    )
    database = Database(settings.database)
    migrate(database)
    actor = accounts.local_admin(database, "bench@localhost", Origin.COMMAND_LINE)
    project = accounts.add_project(database, actor, "Bench")
    metric = metrics.add(database, actor, project.id, "Resolved", Definition(DESCRIPTION), EvalSettings())
    source = folder / "rows.jsonl"
    with source.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows(count, kilobytes))
    lab.import_file(database, actor, project.id, metric.id, source)
    return make_workplace(settings), actor, metric.id


def timed_run(place: Workplace, actor: Actor, metric_id: int) -> tuple[Timing, str]:
    """One run from start to recorded result, in this process."""
    began, cpu = time.perf_counter(), cpu_seconds()
    started = runs.improve(place.database, actor, metric_id, runs.READ_ONLY)
    perform(place, NO_REDIS, started.job_id)
    wall, used = time.perf_counter() - began, cpu_seconds() - cpu
    result = runs.show_run(place.database, actor, started.run_id).results[0]
    return Timing(wall, used, result.calls), str(result.outcome)


def timed_bare_loop(base_url: str, calls: int, concurrency: int) -> Timing:
    """As many judge calls by the SDK alone: nothing checked, counted, stored or shown."""
    client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)
    transcripts = [json.dumps(row["transcript"]) for row in rows(100)]

    def ask(number: int) -> None:
        client.chat.completions.create(
            model="plumbline-demo",
            messages=[
                {"role": "system", "content": DESCRIPTION},
                {"role": "user", "content": transcripts[number % len(transcripts)]},
            ],
        )

    began, cpu = time.perf_counter(), cpu_seconds()
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(ask, range(calls)))
    return Timing(time.perf_counter() - began, cpu_seconds() - cpu, calls)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(base_url: str, count: int, concurrency: int, rounds: int) -> dict[str, object]:
    """Runs and bare loops in turn; medians, and the ratio pair by pair."""
    pairs: list[tuple[Timing, Timing]] = []
    again = Timing(0, 0, 0)
    outcomes: list[str] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            place, actor, metric_id = prepared(Path(folder), base_url, concurrency, count)
            run, outcome = timed_run(place, actor, metric_id)
            again, second = timed_run(place, actor, metric_id)
            outcomes = [outcome, second]
            place.database.dispose()
        pairs.append((run, timed_bare_loop(base_url, run.calls, concurrency)))
    return {
        "concurrency": concurrency,
        "rows": count,
        "calls": pairs[0][0].calls,
        "run_seconds": round(statistics.median(run.wall for run, _ in pairs), 2),
        "bare_seconds": round(statistics.median(bare.wall for _, bare in pairs), 2),
        "ratio": round(statistics.median(run.wall / bare.wall for run, bare in pairs), 3),
        "cpu_ms_a_call": round(statistics.median(1000 * run.cpu / run.calls for run, _ in pairs), 2),
        "bare_cpu_ms_a_call": round(statistics.median(1000 * b.cpu / b.calls for _, b in pairs), 2),
        "outcome": outcomes[0],
        "no_op_calls": again.calls,
        "no_op_seconds": round(again.wall, 3),
        "no_op_outcome": outcomes[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    set_up_logs("WARNING")
    with demo_endpoint(options.latency) as base_url:
        found = [measure(base_url, options.rows, each, options.rounds) for each in options.concurrency]
    for row in found:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    print(json.dumps({"bench": "whole_run", "latency": options.latency, "results": found}))


if __name__ == "__main__":
    main()
