"""How long does a rerun of each page take on the server, with years of results in the database?

Each page is run in its frame by Streamlit's AppTest, once to warm up and then several times; the median
is what a click costs before the browser draws. Beside it runs the smallest page there is (a title), as
the floor that Streamlit and the frame cost on this machine in the same minute.

    python -m bench.dashboard [--results 100000] [--calls 50000] [--metrics 1000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from bench.signed_in import signed_in

RESULTS_A_RUN = 4
BATCH = 5_000
"""Rows of one statement: as many calls at once as there are would be held in memory twice."""
FRAME = Path(__file__).parents[1] / "dashboard" / "frame" / "main.py"
OUTCOMES = ("applied", "proposed", "regressed", "no_changes", "failed")
PAGES: dict[str, dict[str, int | str]] = {
    "overview": {},
    "trends": {},
    "metrics": {},
    "metrics ?metric": {"metric": 1, "tab": "History"},
    "lab": {"metric": 1},
    "schedules": {},
    "runs": {},
    "runs ?run": {"run": 1, "result": 1},
    "emails": {},
    "settings": {},
    "audit": {},
    "account": {},
    "status": {},
}


class Took(NamedTuple):
    """Seconds on the clock, and of processor time: the latter holds on a machine that is busy."""

    seconds: float
    worked: float


def fill(results: int, calls: int, metric_count: int) -> None:
    """A project whose metrics have been optimised for years, and labelled in its first hundred Labs."""
    from core import accounts, metrics, schedules
    from core.models import Call, Delivery, MetricReview, Result, RowResult, Run
    from core.terms import Definition, EvalSettings, Origin
    from dashboard import product

    database = product.database()
    actor = accounts.local_admin(database, product.settings().admin_email, Origin.PAGE)
    project = accounts.add_project(database, actor, "Bench")
    text = "Did the agent solve it? Answer true or false.\n" * 10
    for number in range(metric_count):
        metrics.add(database, actor, project.id, f"Metric {number}", Definition(text), EvalSettings())
    schedules.add(database, actor, project.id, [1, 2, 3, 4], "0 6 * * 1", name="Weekly")
    start = datetime.now(UTC) - timedelta(days=700)
    turns = [{"role": "user", "content": "It is about my order, please help. " * 20}] * 6
    runs = results // RESULTS_A_RUN
    with database.write() as session:
        _store(session, Call, calls, lambda n: _call(n, project.id, turns))
        _store(session, MetricReview, calls, lambda n: _review(n, min(metric_count, 100)))
        _store(session, Run, runs, lambda n: _run(n, project.id, start + _pace(runs) * n))
        _store(
            session,
            Result,
            results,
            lambda n: _result(n, metric_count, start + _pace(runs) * (n // RESULTS_A_RUN)),
        )
        _store(session, RowResult, min(calls, 500), _row)
        _store(session, Delivery, runs, lambda n: _delivery(n, project.id))


def _store(session: Session, table: Any, count: int, row: Callable[[int], dict[str, object]]) -> None:
    for begin in range(0, count, BATCH):
        session.execute(insert(table), [row(n) for n in range(begin, min(count, begin + BATCH))])


def _pace(runs: int) -> timedelta:
    """The runs are spread over the two years."""
    return timedelta(days=700) / max(1, runs)


def _call(n: int, project_id: int, turns: list[dict[str, str]]) -> dict[str, object]:
    return {
        "project_id": project_id,
        "external_id": f"c{n}",
        "transcript": turns,
        "digest": f"{n:064}",
        "details": {},
    }


def _review(n: int, labs: int) -> dict[str, object]:
    """Every fifth row in the first Lab, which is the largest."""
    at = datetime.now(UTC) - timedelta(minutes=20 * n)
    return {
        "metric_id": 1 if n % 5 == 0 else n % labs + 1,
        "call_id": n + 1,
        "labelled": n % 2 == 0,
        "labelled_at": at if n % 2 == 0 else None,
        "expected_value": "true" if n % 2 == 0 else None,
        "feedback": "a note" if n % 6 == 0 else "",
        "judged": "answered",
        "actual_value": "true" if n % 3 else "false",
        "explanation": "because",
    }


def _run(n: int, project_id: int, at: datetime) -> dict[str, object]:
    return {
        "created_at": at,
        "project_id": project_id,
        "schedule_id": 1,
        "trigger": "schedule",
        "options": {},
        "started_at": at,
        "finished_at": at + timedelta(seconds=30),
    }


def _result(n: int, metric_count: int, at: datetime) -> dict[str, object]:
    outcome = OUTCOMES[n % len(OUTCOMES)]
    definition = {"type": "llm_judge", "description": f"Better {n}", "evaluation_trigger": "always"}
    return {
        "run_id": n // RESULTS_A_RUN + 1,
        "metric_id": _metric(n, metric_count),
        "created_at": at,
        "state": "done",
        "outcome": outcome,
        "reason": "The rewritten prompt agrees with 41 of 50 labels.",
        "warning": "",
        "base_version_id": 1,
        "labelled": 50,
        "baseline_correct": 35 + n % 10,
        "baseline_total": 50,
        "optimised_correct": 36 + n % 10,
        "optimised_total": 50,
        "fixed": 3,
        "broken": 1,
        "candidate": {"definition": definition, "rules": [], "summary": "One rule."},
        "candidate_digest": "x",
        "calls": 200,
        "started_at": at,
        "finished_at": at + timedelta(seconds=30),
    }


def _metric(n: int, metric_count: int) -> int:
    """Four different ones a run; the first metric is in every fifth run, as a much used one would be."""
    run, place = divmod(n, RESULTS_A_RUN)
    if run % 5 == 0 and place == 0:
        return 1
    others = metric_count - 1
    return (run * (RESULTS_A_RUN - 1) + place) % others + 2


def _row(n: int) -> dict[str, object]:
    return {
        "result_id": 1,
        "review_id": n + 1,
        "expected_value": "true",
        "part": "learn",
        "before_status": "answered",
        "before_value": "false" if n % 5 == 0 else "true",
        "after_status": "answered",
        "after_value": "true" if n % 7 else "false",
    }


def _delivery(n: int, project_id: int) -> dict[str, object]:
    return {
        "project_id": project_id,
        "run_id": n + 1,
        "kind": "summary",
        "recipient": "a@example.com",
        "state": "sent",
        "message_id": f"<{n}@bench>",
        "subject": "Plumbline: 1 applied",
    }


def page_timer(page: str, parameters: dict[str, int | str]) -> Callable[[], Took]:
    """A function that reruns the page in its frame once more, and returns the seconds."""
    from dashboard.session import script

    app = AppTest.from_file(str(FRAME), default_timeout=120)
    app.switch_page(script(page.split()[0]))
    for name, value in {"project": 1, **parameters}.items():
        app.query_params[name] = str(value)

    def rerun() -> Took:
        began, worked = time.perf_counter(), time.process_time()
        app.run()
        took = Took(time.perf_counter() - began, time.process_time() - worked)
        assert not app.exception, app.exception[0].message
        return took

    return rerun


def floor_timer() -> Callable[[], Took]:
    app = AppTest.from_string("import streamlit as st\nst.title('nothing')\n", default_timeout=60)

    def rerun() -> Took:
        began, worked = time.perf_counter(), time.process_time()
        app.run()
        return Took(time.perf_counter() - began, time.process_time() - worked)

    return rerun


def measure(rounds: int) -> list[dict[str, object]]:
    floor = floor_timer()
    found: list[dict[str, object]] = []
    for page, parameters in PAGES.items():
        rerun = page_timer(page, parameters)
        rerun(), floor()
        pairs = [(rerun(), floor()) for _ in range(rounds)]
        found.append(
            {
                "page": page,
                "median_ms": round(1000 * statistics.median(took.seconds for took, _ in pairs)),
                "slowest_ms": round(1000 * max(took.seconds for took, _ in pairs)),
                "cpu_ms": round(1000 * statistics.median(took.worked for took, _ in pairs)),
                "floor_ms": round(1000 * statistics.median(bare.seconds for _, bare in pairs)),
            }
        )
        print("  ".join(f"{name}={value}" for name, value in found[-1].items()), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--metrics", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"PLUMBLINE_HOME": home, "REDIS_URL": "redis://127.0.0.1:1/0"}
        from core.migrations import migrate
        from dashboard import product

        migrate(product.database())
        fill(options.results, options.calls, options.metrics)
        with signed_in():
            found = measure(options.rounds)
        product.database().dispose()
    print(json.dumps({"bench": "dashboard", "results": options.results, "pages": found}))


if __name__ == "__main__":
    main()
