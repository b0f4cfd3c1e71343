"""MLflow's judge alignment: SIMBA (its default), GEPA, or MemAlign, over traces with human feedback."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import mlflow
from mlflow.entities import AssessmentSource, AssessmentSourceType
from mlflow.genai.judges import make_judge
from mlflow.genai.judges.optimizers import GEPAAlignmentOptimizer, MemAlignOptimizer, SIMBAAlignmentOptimizer
from mlflow.genai.judges.optimizers.memalign.optimizer import MemoryAugmentedJudge
from mlflow.genai.judges.optimizers.memalign.utils import retrieve_relevant_examples

NAME = "handled_well"
AT_ONCE = 50
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


def looked_up(judge: MemoryAugmentedJudge, text: str) -> str:
    """The instructions with which this judge judges a call: with the examples that are near to it."""
    examples = retrieve_relevant_examples(
        retriever=judge._retriever,
        examples=judge._episodic_memory,
        query_kwargs={"outputs": {"call": text}},
        signature=judge._base_signature,
    )
    guidelines = [each.guideline_text for each in judge._semantic_memory]
    return str(judge._build_augmented_instructions(guidelines, [example for example, _ in examples]))


def improved(job: dict[str, Any]) -> dict[str, Any]:
    model = "openai:/" + job["model"]
    mlflow.set_experiment(job["model"])
    judge = make_judge(
        name=NAME, instructions=job["prompt"] + "\n\n{{ outputs }}", model=model, feedback_value_type=bool
    )
    aligned = judge.align(traces(job["rows"]), optimiser(model, job["max_calls"]))
    found: dict[str, Any] = {"prompt": str(aligned.instructions)}
    if isinstance(aligned, MemoryAugmentedJudge):
        with ThreadPoolExecutor(AT_ONCE) as pool:  # each look waits a moment for others to go with
            found["prompts"] = list(pool.map(partial(looked_up, aligned), job["tests"]))
    return found


with contextlib.redirect_stdout(sys.stderr):
    mlflow.set_tracking_uri(f"sqlite:///{tempfile.mkdtemp()}/mlflow.db")
for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        answer = improved(json.loads(line))
    print(json.dumps(answer), flush=True)
