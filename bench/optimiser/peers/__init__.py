"""Other optimisers, each in a virtual environment of its own, asked through one small JSON protocol.

A peer's script reads a job from standard input and writes `{"prompt": …}` to standard output:

    {"base_url", "model", "prompt", "max_calls", "seed", "rows": [{"text", "label", "note"}]}

Where an environment can't be made or a script fails, the way says so instead of a number.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.optimiser.peers.environments import Unavailable, python_of
from bench.optimiser.trial import Rewrite, Task
from bench.optimiser.world import SEED_PROMPT

HERE = Path(__file__).parent
LONGEST_SECONDS = 1_800
QUIET = {"LITELLM_LOG": "ERROR", "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false", "DO_NOT_TRACK": "1"}


def ask(peer: str, variant: str, task: Task, max_calls: int | None = None) -> Rewrite:
    """The prompt that a peer's script ends with. Raises Unavailable with the end of what it said."""
    done = subprocess.run(
        [str(python_of(peer)), str(HERE / f"{peer}_peer.py"), variant],
        input=json.dumps(_job(task, min(task.max_calls, max_calls or task.max_calls))),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        env=os.environ
        | QUIET
        | {"OPENAI_API_KEY": "simulated", "OPENAI_API_BASE": task.base_url, "OPENAI_BASE_URL": task.base_url},
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        raise Unavailable(done.stderr.strip()[-600:])
    return Rewrite(str(json.loads(lines[-1])["prompt"]))


def _job(task: Task, max_calls: int) -> dict[str, object]:
    rows = [{"text": call.text, "label": call.label, "note": call.note} for call in task.world.labelled]
    return {
        "base_url": task.base_url,
        "model": task.model,
        "prompt": SEED_PROMPT,
        "max_calls": max_calls,
        "seed": task.seed,
        "rows": rows,
    }


WAYS: dict[str, Callable[[Task], Rewrite]] = {
    "gepa_300": partial(ask, "gepa", "", max_calls=300),
    "gepa_1000": partial(ask, "gepa", "", max_calls=1_000),
    "mlflow_simba": partial(ask, "mlflow", "simba"),
    "mlflow_gepa": partial(ask, "mlflow", "gepa"),
    "mlflow_memalign": partial(ask, "mlflow", "memalign"),
    "evidently": partial(ask, "evidently", ""),
}
