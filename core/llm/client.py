"""Asks any OpenAI-compatible endpoint for a JSON answer, within a budget."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from core.errors import AnswerUnreadable
from core.llm.answer import Answer, PaidAnswerUnreadable, storable
from core.llm.budget import Budget, total
from core.llm.connection import Connection
from core.llm.dialect import Dialect, Message
from core.llm.faults import INSTALLATION, Again, Endpoint, Fault, Resolve, SetIn
from core.llm.patience import Gate, Patience
from core.llm.reply import Reply
from core.llm.request import Request
from core.terms import Usage

T = TypeVar("T")
Stop = Callable[[], None]
"""Called at least twice a second while a call waits; raises to end the waiting."""

SLICE_SECONDS = 0.25
CORRECTION = """\
That answer could not be used. Answer the question again with the JSON object alone: every field, \
each with one of the allowed values, and short enough not to be cut off."""


def go_on() -> None:
    """The Stop of a call that nobody interrupts."""


class ModelClient:
    """One model at one endpoint. Safe to share between threads; they share its pauses, too.

    `timeout_seconds` is for one attempt; `set_in` and `resolve` are the Endpoint's. `sleep`, `clock`
    (monotonic seconds), `now` (Unix time) and `jitter` (0 to 1) are arguments so that waiting can be
    tested without waiting.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        model: str,
        *,
        timeout_seconds: float = 60.0,
        temperature: float = 0.0,
        set_in: SetIn = INSTALLATION,
        resolve: Resolve | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.model = model
        key = (api_key or "").strip()
        endpoint = Endpoint(base_url.strip(), model, timeout_seconds, key, set_in, resolve)
        self._connection = Connection(endpoint, now)
        self._timeout_seconds, self._temperature = timeout_seconds, temperature
        self._sleep, self._clock, self._jitter = sleep, clock, jitter
        self._gate = Gate(clock)
        self._lock = threading.Lock()
        self._dialect = Dialect()

    def ask(
        self, request: Request, read: Callable[[dict[str, Any]], T], budget: Budget, stop: Stop = go_on
    ) -> Answer[T]:
        """The model's answer, as `read` understood it.

        An answer that is cut off, is no JSON, or that `read` refuses by AnswerUnreadable is asked for
        once more. Raises PaidAnswerUnreadable when that did not help, CallFailed when no answer came,
        a ModelError when none ever will, BudgetSpent, and whatever `stop` raises.
        """
        first, cost = self._reply(request, (), budget, stop)
        try:
            return Answer(first.read(read), cost, first.text)
        except AnswerUnreadable:
            second, more = self._reply(request, _asking_again(first), budget, stop)
        cost = total([cost, more])
        try:
            return Answer(second.read(read), cost, second.text)
        except AnswerUnreadable as still:
            raise PaidAnswerUnreadable(str(still), storable(second.text), cost) from None

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connection.close()

    def _reply(
        self, request: Request, further: tuple[Message, ...], budget: Budget, stop: Stop
    ) -> tuple[Reply, Usage]:
        """What the endpoint sent and what it cost, after as many attempts as patience allows."""
        patience = Patience(self._clock, self._jitter, self._clock())
        while True:
            while (closed := self._gate.seconds_left) > 0:
                self._pause(patience.pause_at_gate(closed), budget, stop)
            stop()
            dialect = self._dialect
            outcome = self._attempt(dialect, request, further, budget, stop)
            if not isinstance(outcome, Fault):
                return outcome
            if self._learnt_from(outcome.complaint, dialect):
                continue
            if outcome.again is Again.WHEN_TOLD:
                self._gate.close(outcome.retry_after or SLICE_SECONDS)
            self._pause(patience.pause_after(outcome), budget, stop)

    def _attempt(
        self, dialect: Dialect, request: Request, further: tuple[Message, ...], budget: Budget, stop: Stop
    ) -> tuple[Reply, Usage] | Fault:
        reservation = budget.reserve(
            _with(request, further), wait=lambda: self._pause(SLICE_SECONDS, budget, stop)
        )
        body = dialect.body(self.model, _messages(request, further), request, self._temperature)
        outcome = self._connection.post(body, self._attempt_seconds(budget))
        if isinstance(outcome, Reply):
            return outcome, budget.settle(reservation, outcome.usage)
        if outcome.billed:
            budget.settle(reservation, None)
        else:
            budget.release(reservation)
        return outcome

    def _attempt_seconds(self, budget: Budget) -> float:
        left = budget.seconds_left
        return self._timeout_seconds if left is None else min(self._timeout_seconds, max(left, SLICE_SECONDS))

    def _learnt_from(self, complaint: str, used: Dialect) -> bool:
        """Whether the endpoint's complaint about a request written in `used` showed a simpler way."""
        simpler = used.simpler(complaint)
        if simpler is None:
            return False
        with self._lock:
            if self._dialect == used:
                self._dialect = simpler
        return True

    def _pause(self, seconds: float, budget: Budget, stop: Stop) -> None:
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            stop()
            budget.check()
            self._sleep(min(left, SLICE_SECONDS))


def _messages(request: Request, further: tuple[Message, ...]) -> list[Message]:
    asked = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
    return [{**message, "content": storable(message["content"])} for message in (*asked, *further)]


def _asking_again(reply: Reply) -> tuple[Message, ...]:
    """Turns that follow an unusable reply. The endpoint's own words stay in its own turn."""
    return (
        {"role": "assistant", "content": reply.text or "(nothing)"},
        {"role": "user", "content": CORRECTION},
    )


def _with(request: Request, further: tuple[Message, ...]) -> Request:
    """The request as long as it is with the further turns, for what it can cost."""
    return replace(request, user="".join([request.user, *(message["content"] for message in further)]))
