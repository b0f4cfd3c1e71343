"""gepa with its defaults: its adapter, its evaluator; reviewers' notes as additional context."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import gepa


class Silent:
    def log(self, message: str) -> None: ...


def best_prompt(job: dict[str, Any]) -> str:
    rows = [
        {
            "input": row["text"],
            "answer": str(row["label"]).lower(),
            "additional_context": {"Reviewer": row["note"]} if row["note"] else {},
        }
        for row in job["rows"]
    ]
    model = "openai/" + job["model"]
    found = gepa.optimize(
        seed_candidate={"instructions": job["prompt"]},
        trainset=rows,
        task_lm=model,
        reflection_lm=model,
        max_metric_calls=job["max_calls"],
        seed=job["seed"],
        logger=Silent(),
    )
    return str(found.best_candidate["instructions"])


for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        prompt = best_prompt(json.loads(line))
    print(json.dumps({"prompt": prompt}), flush=True)
