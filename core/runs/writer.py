"""The writer: a model asked for rules and rewrites, whose paid answers a retry does not ask for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from core.errors import CallFailed
from core.judging.judge import Model, Progress
from core.llm.answer import Answer
from core.llm.budget import Budget
from core.llm.client import Stop
from core.llm.pool import Circuit, ask_all
from core.llm.request import Request
from core.terms import Usage

T = TypeVar("T")
CONCURRENCY = 4
"""As many as there are requests in a step: up to four to distil, three to propose."""


class Answers(Protocol):
    """Where paid answers are kept, by request digest."""

    def find(self, request_digest: str) -> Mapping[str, Any] | None: ...

    def save(self, request_digest: str, answer: Mapping[str, Any], usage: Usage) -> None: ...


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """An answer as it was understood, and as it came."""

    value: T
    raw: Mapping[str, Any]


class StoredWriter:
    """Asks a model a few requests at once; stops within moments when the run is cancelled."""

    def __init__(self, client: Model, answers: Answers, budget: Budget, progress: Progress) -> None:
        self._client = client
        self._answers = answers
        self._budget = budget
        self._progress = progress
        self._circuit = Circuit()

    def ask_all(self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]) -> list[T | None]:
        """One answer a request, in their order; None where a call failed or stayed unreadable.

        Raises CallFailed with the last cause when not one request was answered, and ModelError,
        BudgetSpent, Cancelled and LeaseLost at once.
        """
        self._progress.expect(len(requests))
        found = self._stored(requests, read)
        self._progress.done(len(found))
        failure: CallFailed | None = None
        missing = [index for index in range(len(requests)) if index not in found]

        def ask(index: int, stop: Stop) -> Answer[Read[T]]:
            return self._client.ask(requests[index], lambda raw: Read(read(raw), raw), self._budget, stop)

        with closing(
            ask_all(missing, ask, concurrency=CONCURRENCY, tick=self._progress.check, circuit=self._circuit)
        ) as groups:
            for finished in (each for group in groups for each in group):
                self._progress.done(1)
                if isinstance(finished.outcome, Answer):
                    found[finished.item] = finished.outcome.value.value
                    self._keep(requests[finished.item], finished.outcome)
                elif isinstance(finished.outcome, CallFailed):
                    failure = finished.outcome
        if requests and not found and failure is not None:
            raise failure
        return [found.get(index) for index in range(len(requests))]

    def _stored(self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]) -> dict[int, T]:
        stored = {
            index: self._answers.find(request.digest(self._client.model))
            for index, request in enumerate(requests)
        }
        return {index: read(answer) for index, answer in stored.items() if answer is not None}

    def _keep(self, request: Request, answer: Answer[Read[T]]) -> None:
        self._answers.save(request.digest(self._client.model), answer.value.raw, answer.usage)
