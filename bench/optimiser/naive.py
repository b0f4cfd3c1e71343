"""The ways that need no tool: change nothing, or ask once for a rewrite from all mistakes."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import openai

from bench.optimiser.lab import LabCall
from bench.optimiser.trial import Rewrite, Task

BLOCK = re.compile(r"```\s*(.*?)\s*```", re.DOTALL)


def nothing(task: Task) -> Rewrite:
    return Rewrite(task.lab.prompt)


def one_rewrite(task: Task) -> Rewrite:
    """n judge calls to find the mistakes, one writer call with all of them and their notes; used as it is."""
    client = openai.OpenAI(base_url=task.base_url, api_key="simulated")

    def ask(system: str, user: str) -> str:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        answer = client.chat.completions.create(model=task.model, messages=messages)  # type: ignore[arg-type]
        return answer.choices[0].message.content or ""

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda call: "true" in ask(task.lab.prompt, call.text), task.lab.labelled))
    mistakes = [
        call for call, verdict in zip(task.lab.labelled, said, strict=True) if verdict is not call.label
    ]
    if not mistakes:
        return Rewrite(task.lab.prompt)
    answer = ask(
        "Improve this judge's prompt, so that it gets these calls right. Give the new prompt in ```.",
        task.lab.prompt + "\n\n" + "\n\n".join(_mistake(call) for call in mistakes),
    )
    found = BLOCK.search(answer)
    return Rewrite(found[1] if found else task.lab.prompt)


def _mistake(call: LabCall) -> str:
    return f"{call.text}\nRight answer: {str(call.label).lower()}\nReviewer: {call.note}"
