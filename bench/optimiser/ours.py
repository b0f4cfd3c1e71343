"""Plumbline's own search, as a run with auto-apply does it: split, search, score, guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bench.optimiser.judged import Transcripts, judge_of, row
from bench.optimiser.trial import Rewrite, Task
from core.errors import AnswerUnreadable, BudgetSpent, CallFailed
from core.guard import Facts, decide
from core.judging.judge import Judge, SilentProgress
from core.judging.scoring import compare
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from core.optimiser.case import Case, Found
from core.optimiser.engine import everything_agrees, optimise
from core.optimiser.split import split
from core.terms import Definition, EvalSettings, Outcome

T = TypeVar("T")


def plumbline(task: Task) -> Rewrite:
    """What would be live after a run with auto-apply and the standard guard."""
    calls = task.lab.labelled
    case = Case(
        Definition(task.lab.prompt), EvalSettings(), tuple(row(n, call) for n, call in enumerate(calls, 1))
    )
    budget = Budget(max_calls=task.max_calls)
    client = ModelClient(task.base_url, "bench", task.model)
    source = Transcripts(calls)
    judge = judge_of(client, source, budget)
    try:
        return _searched(case, judge, Writer(client, budget), source)
    except BudgetSpent as error:
        return Rewrite(task.lab.prompt, note=str(error))


def _searched(case: Case, judge: Judge, writer: Writer, source: Transcripts) -> Rewrite:
    live = case.definition.description
    before = judge.judge(case.definition, case.labelled)
    if everything_agrees(case, before):
        return Rewrite(live, note="every label agrees")
    found = optimise(case, split(case.rows), before, judge, writer, source, SilentProgress())
    if not isinstance(found, Found):
        return Rewrite(live, note=found.reason)
    after = judge.judge(found.candidate.definition, case.labelled)
    compared = compare(case.labelled, before, after, case.settings)
    decision = decide(Facts(compared.baseline, compared.optimised, auto_apply=True, stale=False))
    applied = decision.outcome is Outcome.APPLIED
    definition = found.candidate.definition if applied else case.definition
    correct = (compared.baseline.correct, compared.optimised.correct)
    return Rewrite(definition.description, *correct, decision.outcome.value, definition)


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
