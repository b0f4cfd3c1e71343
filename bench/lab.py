"""A Lab of 50,000 calls and 10,000 labels: pages, search, memory, and the way in, on both databases.

Asks how long the Lab's page and its parts take on the server, how long the queue of what to label next takes
and a row that is opened from it or from the middle of the list, how long a search takes, whether the memory
of the process that shows pages grows as somebody pages through, and how long and in how much memory a large
file comes in by the command line. Beside the pages runs the smallest page there is, as the floor that
Streamlit costs on this machine in the same minute.

    python -m bench.lab [--database sqlite|postgresql|both] [--calls 50000] [--labels 10000]
                        [--megabytes 500] [--rounds 5] [--form json|jsonl]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from bench.servers import own_database
from bench.signed_in import signed_in

FRAME = Path(__file__).parents[1] / "dashboard" / "frame" / "main.py"
RARE = "zephyrine"
"""A word that one call in a thousand says."""
WORDS = """appointment router invoice delivery refund address contract password update number account please
could you help me with the order that I made last week because it did not arrive and nobody called back
""".split()  # noqa: SIM905 - it reads as words this way


def calls(count: int, labels: int, size: int) -> Iterator[str]:
    """JSON objects of about `size` bytes, the first `labels` of them with a label; the same each time."""
    chance = random.Random(7)
    turns = max(2, size // 220)
    for number in range(count):
        said = [
            {"role": ("user", "assistant")[turn % 2], "content": " ".join(chance.choices(WORDS, k=30))}
            for turn in range(turns)
        ]
        if number % 1000 == 0:
            said[0]["content"] += f" {RARE}"
        row: dict[str, Any] = {"id": f"call-{number:06}", "transcript": said}
        if number < labels:
            row["label"] = "pass" if number % 3 else "fail"
            row["note"] = "It was not solved." if number % 3 == 0 else ""
        yield json.dumps(row)


def write_file(path: Path, form: str, count: int, labels: int, megabytes: int) -> None:
    before, between, after = ("[", ",\n", "]") if form == "json" else ("", "\n", "\n")
    with path.open("w", encoding="utf-8") as file:
        file.write(before)
        for number, call in enumerate(calls(count, labels, megabytes * 1_000_000 // count)):
            file.write((between if number else "") + call)
        file.write(after)


def brought_in(path: Path) -> dict[str, float]:
    """The command line's import: seconds, and megabytes of memory at its peak."""
    command = [sys.executable, "-m", "core", "import", str(path), "--project", "Bench", "--metric", "Solved"]
    began = time.perf_counter()
    subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"seconds": round(time.perf_counter() - began, 1), "peak_mb": round(peak)}


def judged() -> None:
    """As an evaluation leaves it: every call has an answer, one in five of the labels disagrees."""
    from sqlalchemy import case, func, update

    from core.models import MetricReview
    from dashboard import product

    actual = case((MetricReview.id % 5 == 0, "false"), else_="true")
    with product.database().write() as session:
        session.execute(update(MetricReview).values(judged="answered", actual_value=actual))
        session.execute(update(MetricReview).values(evaluated_at=func.now()))


def median_ms(act: Callable[[], object], rounds: int) -> int:
    act()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return round(1000 * statistics.median(taken))


def measured(rounds: int) -> dict[str, Any]:
    """Medians in milliseconds of pages and use cases, and how much memory forty pages take."""
    from core import accounts, lab
    from core.lab import RowFilter, RowsAsked, RowView
    from core.terms import Origin
    from dashboard import product

    queue = RowsAsked(RowFilter.TO_LABEL)
    database = product.database()
    actor = accounts.local_admin(database, product.settings().admin_email, Origin.PAGE)

    def rows(asked: RowsAsked, number: int = 1) -> Callable[[], object]:
        return lambda: lab.rows_page(database, actor, 1, asked, number)

    found: dict[str, Any] = {
        "standing_ms": median_ms(lambda: lab.lab_standing(database, actor, 1), rounds),
        "first_page_ms": median_ms(rows(RowsAsked()), rounds),
        "deep_page_ms": median_ms(rows(RowsAsked(), 1500), rounds),
        "disagreeing_ms": median_ms(rows(RowsAsked(RowFilter.DISAGREEING)), rounds),
        "queue_ms": median_ms(rows(queue), rounds),
        "suggestions_ms": median_ms(lambda: lab.suggestions(database, actor, 1), rounds),
        "search_rare_ms": median_ms(rows(RowsAsked(search=RARE)), rounds),
        "search_common_ms": median_ms(rows(RowsAsked(search="refund address")), rounds),
        "search_absent_ms": median_ms(rows(RowsAsked(search="xylophonist")), rounds),
    }
    middle, queued = (lab.rows_page(database, actor, 1, asked, 700).rows[0] for asked in (RowsAsked(), queue))

    def opened(row: RowView, asked: RowsAsked) -> Callable[[], object]:
        return lambda: lab.open_row(database, actor, row.review_id, asked)

    found |= {
        "open_row_ms": median_ms(opened(middle, RowsAsked()), rounds),
        "open_in_queue_ms": median_ms(opened(queued, queue), rounds),
        "open_in_search_ms": median_ms(opened(middle, RowsAsked(search="refund address")), rounds),
        "row_page_ms": median_ms(page_timer(review=middle.review_id), rounds),
        "row_page_in_queue_ms": median_ms(page_timer(review=queued.review_id, show=queue.show), rounds),
    }
    page = page_timer()
    found["page_ms"] = median_ms(page, rounds)
    found["queue_page_ms"] = median_ms(page_timer(show=queue.show), rounds)
    found["floor_ms"] = median_ms(floor_timer(), rounds)
    process = psutil.Process()
    before = process.memory_info().rss
    for number in range(1, 41):
        rows(RowsAsked(), number * 30)()
    for _ in range(10):
        page()
    found["memory_grown_mb"] = round((process.memory_info().rss - before) / 2**20, 1)
    return found


def page_timer(**parameters: object) -> Callable[[], object]:
    """A function that reruns the Lab's page, at these parameters of its address, in its frame once more."""
    from streamlit.testing.v1 import AppTest

    from dashboard.session import script

    app = AppTest.from_file(str(FRAME), default_timeout=120)
    app.switch_page(script("lab"))
    app.query_params["project"] = app.query_params["metric"] = "1"
    for name, value in parameters.items():
        app.query_params[name] = str(value)

    def rerun() -> None:
        app.run()
        assert not app.exception, app.exception[0].message

    return rerun


def floor_timer() -> Callable[[], object]:
    from streamlit.testing.v1 import AppTest

    return AppTest.from_string("import streamlit as st\nst.title('nothing')\n", default_timeout=60).run


def on(kind: str, options: argparse.Namespace, file: Path) -> dict[str, Any]:
    """What was measured on one kind of database."""
    with tempfile.TemporaryDirectory() as home, own_database(kind, Path(home)) as url:
        os.environ |= {"PLUMBLINE_HOME": home, "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0"}
        from core.migrations import migrate
        from dashboard import product

        for remembered in (product.settings, product.database):
            remembered.cache_clear()
        migrate(product.database())
        found: dict[str, Any] = {"database": kind} | brought_in(file)
        judged()
        with signed_in():
            found |= measured(options.rounds)
        product.database().dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--labels", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--form", choices=("json", "jsonl"), default="json")
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"calls.{options.form}"
        write_file(file, options.form, options.calls, options.labels, options.megabytes)
        size = round(file.stat().st_size / 1_000_000)
        found = [on(kind, options, file) for kind in kinds]
    for row in found:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    print(json.dumps({"bench": "lab", "calls": options.calls, "megabytes": size, "found": found}))


if __name__ == "__main__":
    main()
