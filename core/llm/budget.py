"""What a run may spend. A limit is hard: a call that could pass it is not made.

Before a call the most that it can cost is reserved, after it the reservation is replaced by what it
did cost. The most is an upper bound: a token of every known tokeniser stands for at least one byte,
so a request has at most as many input tokens as bytes, plus a few for the frame of its messages; and
an answer has at most the `max_output_tokens` that were asked for. Real text has about four bytes a
token, so a reservation is several times what the call turns out to cost; `reserve` can therefore
wait for open calls to be settled instead of stopping a run that still has money left.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.errors import BudgetSpent, Refused
from core.llm.request import Request
from core.terms import Usage

FRAME_TOKENS = 64
"""Tokens that an endpoint adds around the messages of one request."""
PRICE_UNIT = 1_000_000
"""Prices are money per this many tokens."""


@dataclass(frozen=True, eq=False, slots=True)
class Reservation:
    """The most one call can cost; each one is itself only, even when two cost the same."""

    most: Usage


class Budget:
    """Limits on calls, tokens (in and out together), money and seconds; None is no limit.

    Prices are money per million tokens. The seconds run from the moment the budget is made. `cover` is
    asked, before a call, whether what was spent and is open may come to so much, and raises BudgetSpent
    where it may not: for limits that several budgets share. Safe to share between threads. Raises
    Refused for a limit in money without both prices.
    """

    def __init__(
        self,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        max_seconds: float | None = None,
        price_input: float | None = None,
        price_output: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        cover: Callable[[Usage], None] | None = None,
    ) -> None:
        if max_cost is not None and (price_input is None or price_output is None):
            raise Refused(
                "A budget in money needs the prices of the model: set LLM_PRICE_INPUT and LLM_PRICE_OUTPUT."
            )
        self._max_calls, self._max_tokens, self._max_cost = max_calls, max_tokens, max_cost
        self._max_seconds = max_seconds
        self._prices = (price_input or 0.0, price_output or 0.0)
        self._clock, self._start = clock, clock()
        self._cover = cover
        self._lock = threading.Lock()
        self._spent = Usage()
        self._open: set[Reservation] = set()

    @property
    def usage(self) -> Usage:
        """What was spent so far; open reservations are not in it."""
        with self._lock:
            return self._spent

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the budget ends, at least 0; None without such a limit."""
        if self._max_seconds is None:
            return None
        return max(0.0, self._max_seconds - (self._clock() - self._start))

    def check(self) -> None:
        """Raises BudgetSpent when the seconds are over."""
        if self.seconds_left == 0.0:
            raise BudgetSpent(f"The run reached its budget of {self._max_seconds:g} seconds.")

    def reserve(self, request: Request, wait: Callable[[], None] | None = None) -> Reservation:
        """Set aside the most that `request` can cost.

        `wait` sleeps a moment; where it is given, a call that would fit once others turn out cheaper
        than their upper bound waits for them. Raises BudgetSpent, which names the limit reached.
        """
        wanted = Reservation(self._priced(1, most_input_tokens(request), request.max_output_tokens))
        while True:
            self.check()
            with self._lock:
                spent = self._passed(wanted)
                if spent is None:
                    self._open.add(wanted)
                    return wanted
                hopeless = wait is None or not self._open or self._limit_passed([wanted]) is not None
            if wait is None or hopeless:
                raise spent
            wait()

    def _passed(self, wanted: Reservation) -> BudgetSpent | None:
        """Why one more call may not be made now. Held under the lock, so that one thread asks for all."""
        limit = self._limit_passed([*self._open, wanted])
        if limit is not None:
            return BudgetSpent(f"The run reached its budget of {limit}.")
        if self._cover is not None:
            try:
                self._cover(total([self._spent, wanted.most, *(each.most for each in self._open)]))
            except BudgetSpent as spent:
                return spent
        return None

    def settle(self, reservation: Reservation, usage: Usage | None) -> Usage:
        """Replace a reservation by what its call cost, which is returned with the money in it.

        `usage` None: the endpoint did not say (a timeout, an answer without usage), so the call counts
        with all that was reserved; a limit that guessed lower would not be hard.
        """
        cost = reservation.most if usage is None else self._priced(1, usage.input_tokens, usage.output_tokens)
        with self._lock:
            self._open.remove(reservation)
            self._spent = total([self._spent, cost])
        return cost

    def release(self, reservation: Reservation) -> None:
        """Give a reservation back: its call cannot have been billed."""
        with self._lock:
            self._open.remove(reservation)

    def _priced(self, calls: int, input_tokens: int, output_tokens: int) -> Usage:
        cost = (input_tokens * self._prices[0] + output_tokens * self._prices[1]) / PRICE_UNIT
        return Usage(calls, input_tokens, output_tokens, cost)

    def _limit_passed(self, reservations: list[Reservation]) -> str | None:
        """The first limit that would be passed if all of these cost the most they can."""
        return next(self._limits_passed(total([self._spent, *(each.most for each in reservations)])), None)

    def _limits_passed(self, then: Usage) -> Iterator[str]:
        if self._max_calls is not None and then.calls > self._max_calls:
            yield f"{self._max_calls} calls"
        if self._max_tokens is not None and then.input_tokens + then.output_tokens > self._max_tokens:
            yield f"{self._max_tokens} tokens"
        if self._max_cost is not None and then.cost > self._max_cost:
            yield f"{self._max_cost:g} in model costs"


def total(usages: list[Usage]) -> Usage:
    """The sum of what several calls cost."""
    return Usage(
        sum(each.calls for each in usages),
        sum(each.input_tokens for each in usages),
        sum(each.output_tokens for each in usages),
        sum(each.cost for each in usages),
    )


def most_input_tokens(request: Request) -> int:
    """More tokens than a request can have: its bytes, the schema's (some endpoints add it to the
    prompt) and the frame of the messages."""
    texts = (request.system, request.user, json.dumps(request.schema))
    return FRAME_TOKENS + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
