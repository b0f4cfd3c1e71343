"""How long does a rerun of each page take on the server, with 10,000 results in the database?

Each page is run in its frame by Streamlit's AppTest, once to warm up and then several times; the median
is what a click costs before the browser draws. Beside it runs the smallest page there is (a title), as
the floor that Streamlit and the frame cost on this machine in the same minute.

    python -m bench.pages [--results 10000] [--calls 1000] [--rounds 7]
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

from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from bench.signed_in import signed_in

METRICS = 20
RESULTS_A_RUN = 4
FRAME = Path(__file__).parents[1] / "dashboard" / "frame" / "main.py"
OUTCOMES = ("applied", "proposed", "regressed", "no_changes", "failed")
PAGES: dict[str, dict[str, int]] = {
    "overview": {},
    "metrics": {},
    "metrics ?metric": {"metric": 1},
    "lab": {"metric": 1},
    "schedules": {},
    "runs": {},
    "runs ?run": {"run": 1, "result": 1},
    "emails": {},
    "settings": {},
}


def fill(results: int, calls: int) -> None:
    """A project whose 20 metrics have been optimised for years."""
    from core import accounts, metrics, schedules
    from core.models import Call, Delivery, MetricReview, Result, RowResult, Run
    from core.terms import Definition, EvalSettings, Origin
    from dashboard import product

    database = product.database()
    actor = accounts.local_admin(database, product.settings().admin_email, Origin.PAGE)
    project = accounts.add_project(database, actor, "Bench")
    text = "Did the agent solve it? Answer true or false.\n" * 10
    for number in range(METRICS):
        metrics.add(database, actor, project.id, f"Metric {number}", Definition(text), EvalSettings())
    schedules.add(database, actor, project.id, [1, 2, 3, 4], "0 6 * * 1", name="Weekly")
    start = datetime.now(UTC) - timedelta(days=700)
    turns = [{"role": "user", "content": "It is about my order, please help. " * 20}] * 6
    with database.write() as session:
        session.execute(
            insert(Call),
            [
                {
                    "project_id": project.id,
                    "external_id": f"c{n}",
                    "transcript": turns,
                    "digest": f"{n:064}",
                    "details": {},
                }
                for n in range(calls)
            ],
        )
        session.execute(insert(MetricReview), [_review(n) for n in range(calls)])
        runs = results // RESULTS_A_RUN
        session.execute(
            insert(Run), [_run(n, project.id, start + timedelta(hours=6 * n)) for n in range(runs)]
        )
        session.execute(
            insert(Result),
            [_result(n, start + timedelta(hours=6 * (n // RESULTS_A_RUN))) for n in range(results)],
        )
        session.execute(insert(RowResult), [_row(n) for n in range(min(calls, 500))])
        session.execute(insert(Delivery), [_delivery(n, project.id) for n in range(runs)])


def _review(n: int) -> dict[str, object]:
    return {
        "metric_id": 1,
        "call_id": n + 1,
        "labelled": n % 2 == 0,
        "expected_value": "true" if n % 2 == 0 else None,
        "feedback": "a note" if n % 6 == 0 else "",
        "judged": "answered",
        "actual_value": "true" if n % 3 else "false",
        "explanation": "because",
    }


def _run(n: int, project_id: int, at: datetime) -> dict[str, object]:
    return {
        "project_id": project_id,
        "schedule_id": 1,
        "trigger": "schedule",
        "options": {},
        "started_at": at,
        "finished_at": at + timedelta(seconds=30),
    }


def _result(n: int, at: datetime) -> dict[str, object]:
    outcome = OUTCOMES[n % len(OUTCOMES)]
    definition = {"type": "llm_judge", "description": f"Better {n}", "evaluation_trigger": "always"}
    return {
        "run_id": n // RESULTS_A_RUN + 1,
        "metric_id": (n // RESULTS_A_RUN + n) % METRICS + 1,
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


def page_timer(page: str, parameters: dict[str, int]) -> Callable[[], float]:
    """A function that reruns the page in its frame once more, and returns the seconds."""
    from dashboard.session import script

    app = AppTest.from_file(str(FRAME), default_timeout=120)
    app.switch_page(script(page.split()[0]))
    for name, value in {"project": 1, **parameters}.items():
        app.query_params[name] = str(value)

    def rerun() -> float:
        began = time.perf_counter()
        app.run()
        seconds = time.perf_counter() - began
        assert not app.exception, app.exception[0].message
        return seconds

    return rerun


def floor_timer() -> Callable[[], float]:
    app = AppTest.from_string("import streamlit as st\nst.title('nothing')\n", default_timeout=60)

    def rerun() -> float:
        began = time.perf_counter()
        app.run()
        return time.perf_counter() - began

    return rerun


def measure(rounds: int) -> list[dict[str, object]]:
    floor = floor_timer()
    found: list[dict[str, object]] = []
    for page, parameters in PAGES.items():
        rerun = page_timer(page, parameters)
        rerun(), floor()
        pairs = [(rerun(), floor()) for _ in range(rounds)]
        median = statistics.median(seconds for seconds, _ in pairs)
        found.append(
            {
                "page": page,
                "median_ms": round(1000 * median),
                "slowest_ms": round(1000 * max(seconds for seconds, _ in pairs)),
                "floor_ms": round(1000 * statistics.median(bare for _, bare in pairs)),
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"PLUMBLINE_HOME": home, "REDIS_URL": "redis://127.0.0.1:1/0"}
        from core.migrations import migrate
        from dashboard import product

        migrate(product.database())
        fill(options.results, options.calls)
        with signed_in():
            found = measure(options.rounds)
        product.database().dispose()
    for row in found:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    print(json.dumps({"bench": "pages", "results": options.results, "pages": found}))


if __name__ == "__main__":
    main()
