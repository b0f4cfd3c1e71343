"""Whether a script can be read at all, told without running a line of it."""

from __future__ import annotations

from pydantic_monty import MontyError, MontyRuntimeError

from core.errors import CodeFailed
from core.sandbox.failures import failure_of
from core.sandbox.limits import LIMITS
from core.sandbox.sendable import text_sendable
from core.sandbox.workers import checkout

STOP = "raise SystemExit('read')\n"
"""A first line that ends the script before its own first one: it is read whole before any of it is run."""


def check_syntax(code: str) -> None:
    """Raise CodeFailed, with the line, unless the sandbox could run this code."""
    source = text_sendable(code).replace("\r\n", "\n").replace("\r", "\n")
    try:
        with checkout(LIMITS) as session:
            session.feed_run(STOP + source)
    except MontyRuntimeError as error:
        if error.display("type-msg") == "SystemExit: read":
            return
        raise _unreadable(error, source) from None
    except MontyError as error:
        raise _unreadable(error, source) from None


def _unreadable(error: MontyError, source: str) -> CodeFailed:
    failure = failure_of(error, lines=source.count("\n") + 1, limits=LIMITS, added_lines=1)
    return CodeFailed(failure.sentence)
