"""Controls: what the demo's improvement must not be able to do.

The metric that the first run improves is run again with its labels dealt to other calls. If it still
gained on held-out rows, the gain would come from somewhere else than the labels.
"""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Any

import pytest

from core import accounts, lab, metrics
from core.migrations import migrate
from core.runs import ResultView
from tests.demo_world import Demo, demo_installation, entry, lines_of

IMPROVED = "Cancellation policy explained"
SEEDS = range(8)
HELD_OUT = 9
TOLERANCE = 0.6
"""Rows of the 9 held out. One run with labels alone shuffled misses what the sizes of the classes let
expect by 0.74 rows (standard deviation over 60 seeds), the mean of eight by 0.26: this is more than twice
that, and about a quarter of what the real labels gain."""

NOTE = "Nobody could have said this"

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_installation(tmp_path_factory.mktemp("controls")) as installation:
        migrate(installation.database)
        accounts.add_project(installation.database, installation.admin, "Controls")
        yield installation


def test_the_labels_gain_more_than_the_sizes_of_the_classes_explain(demo: Demo) -> None:
    result = improved(demo, "as they are", labels())
    gain, explained = held_out_gain(demo, result)
    assert gain - explained > 3 * TOLERANCE


@pytest.mark.parametrize(
    "notes_move",
    [
        pytest.param(True, id="labels with their notes"),
        pytest.param(False, id="labels alone", marks=pytest.mark.thorough),
    ],
)
def test_shuffled_labels_gain_nothing_on_held_out_rows(demo: Demo, notes_move: bool) -> None:
    """Nothing beyond what the sizes of the classes explain, and that is little: half of the rows are N/A,
    which the live prompt never answers, so a rule that gives it to whatever calls gains some."""
    gains, surplus = [], []
    for seed in SEEDS:
        result = improved(demo, f"{notes_move} {seed}", shuffled(labels(), seed, notes_move=notes_move))
        gain, explained = held_out_gain(demo, result)
        gains.append(gain)
        surplus.append(gain - explained)
    assert mean(gains) <= 1
    assert mean(surplus) <= TOLERANCE


def test_the_judge_is_asked_the_same_whatever_the_labels_are(demo: Demo) -> None:
    """Compared is what was asked of the live prompt: which rewrites follow depends on the labels."""
    other = [
        {"id": row["id"], "expected_value": number % 2 == 0, "feedback": f"{NOTE} {number}"}
        for number, row in enumerate(labels())
    ]
    real_requests = judge_requests(demo, "asked about, real", labels())
    other_requests = judge_requests(demo, "asked about, other", other)
    assert len(about_the_live_prompt(real_requests)) == len(labels())
    assert about_the_live_prompt(real_requests) == about_the_live_prompt(other_requests)
    assert not any(NOTE in body for body in other_requests)


def judge_requests(demo: Demo, name: str, rows: Rows) -> list[str]:
    """Every request to the judge in a run on these labels, byte for byte."""
    demo.forget_requests()
    improved(demo, name, rows)
    return demo.judge_requests()


def about_the_live_prompt(bodies: Sequence[str]) -> list[str]:
    """Those that hold the first prompt and no trigger, in an order of their own: they arrive a few at once.

    Each once, since the judge's noise is measured by asking some of them again.
    """
    prompt = f"<metric>\n{entry(IMPROVED)['definition']['description']}\n</metric>"
    asked = {body: json.loads(body)["messages"][0]["content"] for body in bodies}
    return sorted(body for body, said in asked.items() if prompt in said and '"applies"' not in said)


def improved(demo: Demo, name: str, rows: Rows) -> ResultView:
    """The result of a run on the improved metric's first prompt with these labels and notes."""
    given = entry(IMPROVED)["definition"]
    made = metrics.add(
        demo.database,
        demo.admin,
        "Controls",
        name,
        metrics.read_definition(given),
        metrics.read_eval_settings(given),
    )
    calls = {call["id"]: call for call in lines_of("calls.jsonl")}
    lines = "".join(json.dumps(calls[row["id"]] | row) + "\n" for row in rows)
    lab.import_file(demo.database, demo.admin, made.project_id, made.id, io.BytesIO(lines.encode()))
    return demo.improve(made.id)


def labels() -> Rows:
    return lines_of(entry(IMPROVED)["labels"])


def shuffled(rows: Rows, seed: int, *, notes_move: bool) -> Rows:
    """The same labels on other calls; each note goes with its label, or stays with its call."""
    dealt = random.Random(seed).sample(rows, len(rows))
    mixed = []
    for row, other in zip(rows, dealt, strict=True):
        note = (other if notes_move else row).get("feedback", "")
        mixed.append({"id": row["id"], "expected_value": other["expected_value"], "feedback": note})
    return mixed


def held_out_gain(demo: Demo, result: ResultView) -> tuple[int, float]:
    """Held-out rows gained, and the mean of that over all ways to deal the held-out labels to the rows."""
    rows = [row for found in demo.rows(result).values() for row in found if row.part == "held_out"]
    assert len(rows) == HELD_OUT
    share = {value: count / HELD_OUT for value, count in Counter(row.expected for row in rows).items()}
    gained, explained = 0, 0.0
    for row in rows:
        if row.before and row.after and row.before.value != row.after.value:
            gained += (row.after.value == row.expected) - (row.before.value == row.expected)
            explained += share.get(row.after.value or "", 0.0) - share.get(row.before.value or "", 0.0)
    return gained, explained
