"""Plumbline's own search, as a run with auto-apply does it: split, search, score, guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bench.optimiser.trial import Rewrite, Task
from bench.optimiser.world import SEED_PROMPT, SimulatedCall
from core.errors import AnswerUnreadable, BudgetSpent, CallFailed
from core.guard import Facts, decide
from core.judging.judge import Judge, SilentProgress, VerdictKey
from core.judging.scoring import compare
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from core.optimiser.case import Case, Found
from core.optimiser.engine import everything_agrees, optimise
from core.optimiser.split import split
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    LabelledRow,
    Message,
    Outcome,
    Usage,
    Verdict,
)

T = TypeVar("T")
CONCURRENCY = 8


def plumbline(task: Task) -> Rewrite:
    """What would be live after a run with auto-apply and the standard guard."""
    calls = task.world.labelled
    case = Case(
        Definition(SEED_PROMPT), EvalSettings(), tuple(_row(n, call) for n, call in enumerate(calls, 1))
    )
    budget = Budget(max_calls=task.max_calls)
    client = ModelClient(task.base_url, "simulated", task.model)
    source = Transcripts(calls)
    judge = Judge(
        client=client,
        settings=case.settings,
        source=source,
        store=Remembered(),
        budget=budget,
        concurrency=CONCURRENCY,
        progress=SilentProgress(),
    )
    try:
        return _searched(case, judge, Writer(client, budget), source)
    except BudgetSpent as error:
        return Rewrite(SEED_PROMPT, note=str(error))


def _searched(case: Case, judge: Judge, writer: Writer, source: Transcripts) -> Rewrite:
    before = judge.judge(case.definition, case.labelled)
    if everything_agrees(case, before):
        return Rewrite(SEED_PROMPT, note="every label agrees")
    found = optimise(case, split(case.rows), before, judge, writer, source, SilentProgress())
    if not isinstance(found, Found):
        return Rewrite(SEED_PROMPT, note=found.reason)
    after = judge.judge(found.candidate.definition, case.labelled)
    compared = compare(case.labelled, before, after, case.settings)
    decision = decide(Facts(compared.baseline, compared.optimised, auto_apply=True, stale=False))
    applied = decision.outcome is Outcome.APPLIED
    prompt = found.candidate.definition.description if applied else SEED_PROMPT
    return Rewrite(prompt, compared.baseline.correct, compared.optimised.correct, decision.outcome.value)


def _row(number: int, call: SimulatedCall) -> LabelledRow:
    return LabelledRow(number, number, call.reference, str(call.label).lower(), call.note)


class Transcripts:
    """Calls by their place among the labelled ones, counted from 1."""

    def __init__(self, calls: Sequence[SimulatedCall]) -> None:
        self._calls = calls

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [Conversation(number, _turns(self._calls[number - 1].text)) for number in call_ids]


def _turns(text: str) -> tuple[Message, ...]:
    speakers = {"agent": "assistant", "user": "user"}
    parted = (line.partition(": ") for line in text.splitlines())
    return tuple(Message(speakers[speaker], said) for speaker, _, said in parted)


class Remembered:
    """Verdicts of this trial, so that no row is paid for twice under the same prompt."""

    def __init__(self) -> None:
        self._kept: dict[VerdictKey, Verdict] = {}

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        return {key: self._kept[key] for key in keys if key in self._kept}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        self._kept |= {key: verdict for key, verdict, _ in entries}


class Writer:
    """The writer over the public protocol, one request after the other."""

    def __init__(self, client: ModelClient, budget: Budget) -> None:
        self._client, self._budget = client, budget

    def ask_all(self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]) -> list[T | None]:
        return [self._one(request, read) for request in requests]

    def _one(self, request: Request, read: Callable[[Mapping[str, Any]], T]) -> T | None:
        try:
            return self._client.ask(request, read, self._budget).value
        except (CallFailed, AnswerUnreadable):
            return None
