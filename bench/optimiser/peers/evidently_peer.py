"""Evidently's prompt optimiser with its feedback strategy over an LLM judge."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import pandas as pd
from evidently import DataDefinition, Dataset, LLMClassification
from evidently.descriptors import LLMEval
from evidently.llm.optimization import PromptOptimizer
from evidently.llm.templates import BinaryClassificationPromptTemplate


def labelled(rows: list[dict[str, Any]]) -> Dataset:
    frame = pd.DataFrame(
        {
            "call": [row["text"] for row in rows],
            "label": [str(row["label"]).lower() for row in rows],
            "reasoning": [row["note"] for row in rows],
        }
    )
    return Dataset.from_pandas(
        frame,
        data_definition=DataDefinition(
            text_columns=["call", "reasoning"],
            categorical_columns=["label"],
            llm=LLMClassification(input="call", target="label", reasoning="reasoning"),
        ),
    )


def best_prompt(job: dict[str, Any]) -> str:
    judge = LLMEval(
        "call",
        template=BinaryClassificationPromptTemplate(
            criteria=job["prompt"],
            target_category="true",
            non_target_category="false",
            include_reasoning=True,
        ),
        provider="openai",
        model=job["model"],
    )
    optimiser = PromptOptimizer(
        "bench", strategy="feedback", provider="openai", model=job["model"], seed=job["seed"]
    )
    optimiser.set_input_dataset(labelled(job["rows"]))
    optimiser.run(judge, "accuracy")
    return str(optimiser.best_prompt())


for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        prompt = best_prompt(json.loads(line))
    print(json.dumps({"prompt": prompt}), flush=True)
