"""The writer: a model asked for rules and rewrites, whose paid answers a retry does not ask for again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar

from core.errors import AnswerUnreadable, CallFailed
from core.jobs import Lease
from core.llm.answer import Answer
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from core.terms import Usage

T = TypeVar("T")
TICK_SECONDS = 0.5


class Answers(Protocol):
    """Where paid answers are kept, by request digest."""

    def find(self, request_digest: str) -> Mapping[str, Any] | None: ...

    def save(self, request_digest: str, answer: Mapping[str, Any], usage: Usage) -> None: ...


class StoredWriter:
    """Asks a model, a few requests at once; stops within moments when the run is cancelled."""

    def __init__(self, client: ModelClient, answers: Answers, budget: Budget, lease: Lease) -> None:
        self._client = client
        self._answers = answers
        self._budget = budget
        self._lease = lease

    def ask_all(self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]) -> list[T | None]:
        """One answer a request, in their order; None where a call failed or stayed unreadable.

        Raises CallFailed with the last cause when not one request was answered, and ModelError,
        BudgetSpent, Cancelled and LeaseLost at once.
        """
        self._lease.expect(len(requests))
        found: dict[int, T] = {}
        failure: CallFailed | None = None
        for index, outcome in self._each(requests, read):
            self._lease.done()
            if isinstance(outcome, CallFailed):
                failure = outcome
            elif outcome is not None:
                found[index] = outcome[0]
        if requests and not found and failure is not None:
            raise failure
        return [found.get(index) for index in range(len(requests))]

    def _each(
        self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]
    ) -> list[tuple[int, tuple[T] | CallFailed | None]]:
        pool = ThreadPoolExecutor(max_workers=max(1, len(requests)), thread_name_prefix="writer")
        try:
            futures = {pool.submit(self._ask, request, read): i for i, request in enumerate(requests)}
            self._wait(set(futures))
            return [(index, future.result()) for future, index in futures.items()]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _wait(self, open_futures: set[Future[Any]]) -> None:
        while open_futures:
            self._lease.check()
            done, open_futures = wait(open_futures, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()

    def _ask(self, request: Request, read: Callable[[Mapping[str, Any]], T]) -> tuple[T] | CallFailed | None:
        name = request.digest(self._client.model)
        stored = self._answers.find(name)
        if stored is not None:
            return (read(stored),)

        def keep(answer: Mapping[str, Any]) -> tuple[T, Mapping[str, Any]]:
            return read(answer), answer

        try:
            answer: Answer[tuple[T, Mapping[str, Any]]] = self._client.ask(
                request, keep, self._budget, stop=self._lease.check
            )
        except CallFailed as failure:
            return failure
        except AnswerUnreadable:
            return None
        value, raw = answer.value
        self._answers.save(name, raw, answer.usage)
        return (value,)
