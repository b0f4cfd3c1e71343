"""Other optimisers, each in a virtual environment of its own, asked through one small JSON protocol.

A peer's script reads jobs from standard input and writes an answer to each, one a line:

    {"model", "prompt", "max_calls", "seed", "rows": [{"text", "label", "note"}], "tests": [text]}
        →   {"prompt"}, or {"prompt", "prompts"}, one for each of the tests

Tests are given to a peer alone whose judge looks up more for each call that it judges.
It starts once and stays, so that its seconds are those of its search and not of its imports. Where an
environment can't be made or a script fails, the way says so instead of a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial

from bench.optimiser.lab import LabCall
from bench.optimiser.peers.conversing import conversation
from bench.optimiser.trial import Rewrite, Task


def ask(peer: str, variant: str, task: Task, max_calls: int | None = None, looks_up: bool = False) -> Rewrite:
    """The prompt that a peer's script ends with. Raises Unavailable with the end of what it said."""
    job = _job(task, min(task.max_calls, max_calls or task.max_calls), task.lab.test if looks_up else ())
    answer = conversation(peer, variant, task.base_url).ask(json.dumps(job))
    return Rewrite(str(answer["prompt"]), prompts=tuple(answer.get("prompts", ())))


def _job(task: Task, max_calls: int, tests: Sequence[LabCall]) -> dict[str, object]:
    rows = [{"text": call.text, "label": call.label, "note": call.note} for call in task.lab.labelled]
    return {
        "model": task.model,
        "prompt": task.lab.prompt,
        "max_calls": max_calls,
        "seed": task.seed,
        "rows": rows,
        "tests": [call.text for call in tests],
    }


WAYS: dict[str, Callable[[Task], Rewrite]] = {
    "gepa_300": partial(ask, "gepa", "", max_calls=300),
    "gepa_1000": partial(ask, "gepa", "", max_calls=1_000),
    "mlflow_simba": partial(ask, "mlflow", "simba"),
    "mlflow_gepa": partial(ask, "mlflow", "gepa"),
    "mlflow_memalign": partial(ask, "mlflow", "memalign", looks_up=True),
    "evidently": partial(ask, "evidently", ""),
}
