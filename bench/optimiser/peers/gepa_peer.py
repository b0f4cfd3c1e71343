"""gepa with its defaults: its adapter, its evaluator; reviewers' notes as additional context."""

from __future__ import annotations

import json
import sys

import gepa


class Silent:
    def log(self, message: str) -> None: ...


job = json.load(sys.stdin)
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
print(json.dumps({"prompt": found.best_candidate["instructions"]}))
