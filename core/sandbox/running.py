"""Run one script over one call's data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from typing import Any, Literal

from pydantic_monty import (
    FunctionSnapshot,
    FutureSnapshot,
    MontyComplete,
    MontyError,
    MontySession,
    SyncSnapshot,
)

from core.sandbox.failures import Ended, failure_of, too_long
from core.sandbox.limits import LIMITS, Limits
from core.sandbox.reading import reading_line, value_read
from core.sandbox.result import BadUse, ScriptResult
from core.sandbox.sendable import sendable, text_sendable
from core.sandbox.workers import checkout

HostFunction = Callable[..., Any]
NO_FUNCTIONS: Mapping[str, HostFunction] = {}


def run_script(
    code: str,
    data: Mapping[str, Any],
    functions: Mapping[str, HostFunction] = NO_FUNCTIONS,
    limits: Limits = LIMITS,
) -> ScriptResult:
    """What `code` makes of `data`. It takes about a millisecond, and at most `limits.seconds` plus a quarter,
    or plus the moment in which one call's large arguments are handed over.

    Args:
        code: Python; it finds `data`, and sets `_result` and, if it likes, `_explanation`.
        data: JSON-like values; other kinds are passed as their text.
        functions: what the script may call, by name; it runs in this thread, with the arguments as plain
            values, and returns one. Seconds that it takes are not the script's.

    Nothing that a script does raises here: whatever goes wrong in it is the result's `failure`. What a
    host function raises does, and ends the script; BadUse alone goes to the script, as a ValueError.
    """
    printed = _Printed(limits.printed_characters)
    source = text_sendable(code).replace("\r\n", "\n").replace("\r", "\n")
    asked = source + "\n" + reading_line(limits)
    try:
        with checkout(limits) as session:
            value, explanation = _run(session, asked, sendable(data), functions, printed, limits)
        return ScriptResult(value_read(value, limits), explanation, printed=printed.text)
    except (MontyError, Ended) as error:
        failure = failure_of(
            error, lines=source.count("\n") + 1, limits=limits, printed_too_much=printed.over
        )
        return ScriptResult(failure=failure.sentence, line=failure.line, printed=printed.text)


def _run(
    session: MontySession,
    source: str,
    data: Any,
    functions: Mapping[str, HostFunction],
    printed: _Printed,
    limits: Limits,
) -> tuple[str, str]:
    """The texts of `_result`, as Python writes it, and of `_explanation`.

    The interpreter's clock stands still while a call to a host function is carried over, and large
    arguments take long: the clock here runs on, until the function itself does.
    """
    watch = _Watch(limits)
    step: SyncSnapshot = session.feed_start(
        source,
        inputs={"data": data, "_explanation": ""},
        external_lookup=dict(functions),
        print_callback=printed,
    )
    while not isinstance(step, MontyComplete):
        watch.stop_if_too_long()
        step = _answered(step, functions, watch)
    value, explanation = step.output
    return value, explanation


def _answered(step: SyncSnapshot, functions: Mapping[str, HostFunction], watch: _Watch) -> SyncSnapshot:
    if isinstance(step, FutureSnapshot):
        raise Ended("The code waits for something that never comes.")
    if not isinstance(step, FunctionSnapshot) or step.is_os_function or step.function_name not in functions:
        return step.resume_auto()  # type: ignore[union-attr] # a MontyComplete never comes here
    function = functions[step.function_name]
    try:
        signature(function).bind(*step.args, **step.kwargs)
    except TypeError as error:
        return step.resume({"exc_type": "TypeError", "message": f"{step.function_name}: {error}"})
    try:
        with watch.paused():
            answer = function(*step.args, **step.kwargs)
    except BadUse as error:
        return step.resume({"exc_type": "ValueError", "message": str(error)})
    return step.resume({"return_value": sendable(answer)})


class _Watch:
    """Seconds since it was made, without those of host functions."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._from = time.monotonic()

    def stop_if_too_long(self) -> None:
        if time.monotonic() - self._from > self._limits.seconds:
            raise Ended(too_long(self._limits).sentence)

    @contextmanager
    def paused(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._from += time.monotonic() - began


class _Printed:
    """What a script printed; past the limit it has the script end."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._parts: list[str] = []
        self.over = False

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def __call__(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        self._parts.append(text[: self._left])
        self._left -= len(self._parts[-1])
        if len(self._parts[-1]) < len(text):
            self.over = True
            raise MemoryError("too much printed")
