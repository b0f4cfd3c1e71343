"""Evidently's prompt optimiser with its feedback strategy over an LLM judge."""

from __future__ import annotations

import contextlib
import json
import sys

import pandas as pd
from evidently import DataDefinition, Dataset, LLMClassification
from evidently.descriptors import LLMEval
from evidently.llm.optimization import PromptOptimizer
from evidently.llm.templates import BinaryClassificationPromptTemplate

job = json.load(sys.stdin)
frame = pd.DataFrame(
    {
        "call": [row["text"] for row in job["rows"]],
        "label": [str(row["label"]).lower() for row in job["rows"]],
        "reasoning": [row["note"] for row in job["rows"]],
    }
)
data = Dataset.from_pandas(
    frame,
    data_definition=DataDefinition(
        text_columns=["call", "reasoning"],
        categorical_columns=["label"],
        llm=LLMClassification(input="call", target="label", reasoning="reasoning"),
    ),
)
judge = LLMEval(
    "call",
    template=BinaryClassificationPromptTemplate(
        criteria=job["prompt"], target_category="true", non_target_category="false", include_reasoning=True
    ),
    provider="openai",
    model=job["model"],
)
with contextlib.redirect_stdout(sys.stderr):
    optimiser = PromptOptimizer(
        "bench", strategy="feedback", provider="openai", model=job["model"], seed=job["seed"]
    )
    optimiser.set_input_dataset(data)
    optimiser.run(judge, "accuracy")
print(json.dumps({"prompt": optimiser.best_prompt()}))
