"""MLflow's judge alignment: SIMBA (its default), GEPA, or MemAlign, over traces with human feedback."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from typing import Any

import mlflow
from mlflow.entities import AssessmentSource, AssessmentSourceType
from mlflow.genai.judges import make_judge
from mlflow.genai.judges.optimizers import GEPAAlignmentOptimizer, MemAlignOptimizer, SIMBAAlignmentOptimizer

NAME = "handled_well"
variant = sys.argv[1]


def traces(rows: list[dict[str, Any]]) -> list[mlflow.entities.Trace]:
    human = AssessmentSource(source_type=AssessmentSourceType.HUMAN, source_id="reviewer")
    found = []
    for row in rows:
        with mlflow.start_span("call") as span:
            span.set_inputs({"call": row["text"]})
            span.set_outputs({"call": row["text"]})
        mlflow.log_feedback(
            trace_id=span.trace_id, name=NAME, value=row["label"], rationale=row["note"] or None, source=human
        )
        found.append(mlflow.get_trace(span.trace_id))
    return found


def optimiser(model: str, max_calls: int) -> Any:
    if variant == "simba":
        return SIMBAAlignmentOptimizer(model=model)
    if variant == "gepa":
        return GEPAAlignmentOptimizer(model=model, max_metric_calls=max_calls)
    return MemAlignOptimizer(reflection_lm=model)


def best_prompt(job: dict[str, Any]) -> str:
    model = "openai:/" + job["model"]
    mlflow.set_experiment(job["model"])
    judge = make_judge(
        name=NAME, instructions=job["prompt"] + "\n\n{{ outputs }}", model=model, feedback_value_type=bool
    )
    aligned = judge.align(traces(job["rows"]), optimiser(model, job["max_calls"]))
    return str(aligned.instructions)


with contextlib.redirect_stdout(sys.stderr):
    mlflow.set_tracking_uri(f"sqlite:///{tempfile.mkdtemp()}/mlflow.db")
for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        prompt = best_prompt(json.loads(line))
    print(json.dumps({"prompt": prompt}), flush=True)
