"""Many calls at once: a sliding window of threads over an iterator of work.

Items are taken from the iterator, and results handed out, in the one thread that consumes them, so
that whatever feeds and keeps them needs no locks; only `call` runs in the threads.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from core.errors import AnswerUnreadable, CallFailed, Interrupted, LeaseLost, ModelFailing, PlumblineError
from core.llm.client import Stop, go_on
from core.llm.faults import RequestRefused, RequestTooLong

T = TypeVar("T")
V = TypeVar("V")

TICK_SECONDS = 0.25
"""How long the consuming thread waits at most before it calls `tick` again."""
LINGER_SECONDS = 0.05
"""How long a group is gathered after its first result, so that one commit holds several."""
MAX_GROUP = 64
"""Results in one group at most; with the window it bounds how many items are held at a time."""
GRACE_SECONDS = 0.5
"""How long open calls may go on once the pool stops: with a tick, and the second until a heartbeat
brings the wish to cancel, that is under two."""

FAILURES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Finished(Generic[T, V]):
    """An item and what came of it: a value, no answer, or an answer that nobody can read.

    `began` is when its call did, in seconds of the monotonic clock.
    """

    item: T
    outcome: V | CallFailed | AnswerUnreadable
    began: float = math.inf


@dataclass(slots=True)
class Circuit:
    """Gives up on an endpoint that fails call after call; shared by all that asks the same client.

    Each failure is one that repeated attempts did not mend. Two kinds say nothing about the endpoint: a
    request that it refuses for what is in it, once it answered others; and a call during which it answered
    others, which may fail last of all, after the pauses between its attempts.
    """

    answered_at: float = -math.inf
    failures: int = 0

    def saw(self, outcome: object, began: float = math.inf) -> None:
        """Take note of a finished call. Raises ModelFailing at the last failure in a row."""
        if not isinstance(outcome, CallFailed):
            self.answered_at, self.failures = time.monotonic(), 0
            return
        refused = isinstance(outcome, RequestRefused) and self.answered_at > -math.inf
        if refused or isinstance(outcome, RequestTooLong) or began < self.answered_at:
            return
        self.failures += 1
        if self.failures >= FAILURES_IN_A_ROW:
            cause = str(outcome).rstrip(".")
            raise ModelFailing(
                f"The model endpoint failed {self.failures} times in a row ({cause}); the run stopped."
            )


def ask_all(
    items: Iterable[T],
    call: Callable[[T, Stop], V],
    *,
    concurrency: int,
    tick: Callable[[], None] = go_on,
    circuit: Circuit | None = None,
) -> Generator[list[Finished[T, V]], None, None]:
    """Groups of items with their outcomes, in the order in which they finished.

    A call that raises CallFailed or AnswerUnreadable has that as its outcome; any other error ends
    the pool. Items are taken at most twice `concurrency` ahead of what has finished. `call` gets a `stop`
    that raises once the pool ends; `tick` is called at least once a second in the consuming thread.

    When `tick`, `items` or a call raises, no further call starts, open ones get a second, what was paid
    meanwhile is yielded, and the error is raised; after LeaseLost nothing more is yielded. Consume it
    within `contextlib.closing`, so that an error of the consumer ends the pool at once.
    """
    circuit = circuit or Circuit()
    window = _Window(iter(items), call, concurrency)
    try:
        while window.feed():
            tick()
            window.gather()
            results = window.take()
            error = _what_ends_it(results, circuit)
            if finished := _finished_among(results):
                yield finished
            if error is not None:
                raise error
    except LeaseLost:
        raise
    except PlumblineError:
        if finished := _finished_among(window.wind_up()):
            yield finished
        raise
    finally:
        window.close()


def ask_one(call: Callable[[Stop], V], tick: Callable[[], None] = go_on) -> V:
    """The result of a single call, with `tick` called at least once a second while it lasts."""
    for group in ask_all([None], lambda _, stop: call(stop), concurrency=1, tick=tick):
        for finished in group:
            if isinstance(finished.outcome, CallFailed | AnswerUnreadable):
                raise finished.outcome
            return finished.outcome
    raise AssertionError("a pool of one call ended without its outcome")


class _PoolEnded(Interrupted):
    """The pool that this call belongs to has ended."""


class _Window(Generic[T, V]):
    """The threads, what waits for them and what they finished."""

    def __init__(self, items: Iterator[T], call: Callable[[T, Stop], V], concurrency: int) -> None:
        self._items: Iterator[T] | None = items
        self._call = call
        self._concurrency = concurrency
        self._threads: list[threading.Thread] = []
        self._waiting: SimpleQueue[tuple[T] | None] = SimpleQueue()
        self._results: SimpleQueue[Finished[T, V] | BaseException] = SimpleQueue()
        self._finished: list[Finished[T, V] | BaseException] = []
        self._open = 0
        self._ending = threading.Event()

    def feed(self) -> bool:
        """Fill the window. False when there is nothing left to wait for."""
        while self._items is not None and self._open < 2 * self._concurrency:
            for item in self._items:
                self._open += 1
                self._waiting.put((item,))
                self._start_thread_if_needed()
                break
            else:
                self._items = None
        return self._open > 0

    def gather(self) -> None:
        """Wait up to a tick for a result, then a moment more for others."""
        end = time.monotonic() + TICK_SECONDS
        while self._open and len(self._finished) < MAX_GROUP and (left := end - time.monotonic()) > 0:
            try:
                result = self._results.get(timeout=left)
            except Empty:
                return
            if not self._finished:
                end = time.monotonic() + LINGER_SECONDS
            self._finished.append(result)
            self._open -= 1
            if not isinstance(result, Finished):
                return
            self.feed()

    def take(self) -> list[Finished[T, V] | BaseException]:
        """What finished since the last time."""
        finished, self._finished = self._finished, []
        return finished

    def wind_up(self) -> list[Finished[T, V] | BaseException]:
        """Start nothing more, give open calls their grace, and take what they finished."""
        self.close()
        end = time.monotonic() + GRACE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        while not self._results.empty():
            self._finished.append(self._results.get())
        return self.take()

    def close(self) -> None:
        """Let every thread end after the call it is in; a thread that never does ends with the process."""
        self._ending.set()
        for _ in self._threads:
            self._waiting.put(None)

    def _start_thread_if_needed(self) -> None:
        if len(self._threads) < min(self._open, self._concurrency):
            thread = threading.Thread(target=self._work, name="model-call", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None and not self._ending.is_set():
            result = self._finish(given[0])
            self._results.put(result)
            if not isinstance(result, Finished):
                self._ending.set()  # only now, so that the cause comes before what it causes

    def _finish(self, item: T) -> Finished[T, V] | BaseException:
        began = time.monotonic()
        try:
            return Finished(item, self._call(item, self._stop), began)
        except (CallFailed, AnswerUnreadable) as error:
            return Finished(item, error, began)
        except BaseException as error:  # noqa: BLE001 - raised again in the consuming thread
            return error

    def _stop(self) -> None:
        if self._ending.is_set():
            raise _PoolEnded("The pool ended.")


def _finished_among(results: list[Finished[T, V] | BaseException]) -> list[Finished[T, V]]:
    return [result for result in results if isinstance(result, Finished)]


def _what_ends_it(results: list[Finished[T, V] | BaseException], circuit: Circuit) -> BaseException | None:
    """The first thing among these results, in the order they came, that ends the pool."""
    for result in results:
        if not isinstance(result, Finished):
            return result
        try:
            circuit.saw(result.outcome, result.began)
        except ModelFailing as failing:
            return failing
    return None
