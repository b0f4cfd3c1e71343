"""Why a script has no result, in one sentence that names the line."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_monty import (
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
)

from core.sandbox.limits import Limits

SHOWN_CHARACTERS = 300
NOT_SUPPORTED = "The monty syntax parser does not yet support"
NOT_OFFERED = "a metric's code can't use"
NOT_FROM_HERE = "cannot suspend in this synchronous context"
TOO_MANY_STEPS = "suspension limit"
OWN_NAME = "Internal error in monty: "
PLAINER = {
    "Error executing regex: Max limit for backtracking count exceeded": (
        "the pattern needs too many steps on this text"
    ),
    "Error compiling regex: Regex error: error building NFA": "the pattern is too large",
}
"""Words of the interpreter that say little to a script's author; tests notice when it changes them."""


class Ended(Exception):
    """The script ran to its end, but what it left is no result."""


@dataclass(frozen=True, slots=True)
class Failure:
    sentence: str
    line: int | None = None


def failure_of(
    error: MontyError | Ended,
    *,
    lines: int,
    limits: Limits,
    printed_too_much: bool = False,
    added_lines: int = 0,
) -> Failure:
    """What the error of a script of so many lines says to its author.

    `added_lines` were put before the script's own and are not counted in what it reads.
    """
    if isinstance(error, Ended):
        return Failure(str(error))
    if printed_too_much:
        return Failure(
            f"The code printed more than {limits.printed_characters:,} characters and was stopped."
        )
    if isinstance(error, MontyCrashedError):
        return too_long(limits) if error.timed_out else Failure("The code broke the sandbox and was stopped.")
    if isinstance(error, MontySyntaxError | MontyRuntimeError):
        return _raised(error, lines, limits, added_lines)
    return Failure(f"The code could not be run: {_shortened(str(error))}.")


def _raised(
    error: MontySyntaxError | MontyRuntimeError, lines: int, limits: Limits, added_lines: int
) -> Failure:
    message = _shortened(error.display("msg").removeprefix(OWN_NAME))
    message = PLAINER.get(message, message)
    line = _line(error, lines, added_lines)
    kind = _kind(error)
    if isinstance(error, MontySyntaxError) or NOT_SUPPORTED in message:
        return Failure(
            f"The code can't be read: {_at(line, message.replace(NOT_SUPPORTED, NOT_OFFERED))}.", line
        )
    if kind == "NotImplementedError" and NOT_FROM_HERE in message:
        return Failure(
            f"The code called a host function{_in(line)} from inside a built-in such as map.", line
        )
    if kind == "RuntimeError" and TOO_MANY_STEPS in message:
        return Failure(f"The code called host functions too often{_in(line)} and was stopped.", line)
    if kind == "TimeoutError" and line is None:
        return too_long(limits)
    if kind == "MemoryError":
        used = f"The code used more than {limits.memory_bytes // 1_000_000} MB of memory"
        return Failure(f"{used}{_in(line)} and was stopped.", line)
    if line is not None and line > lines:
        return _left_nothing(kind, message)
    return Failure(f"The code raised {kind}{_in(line)}{': ' + message if message else ''}.", line)


def _left_nothing(kind: str, message: str) -> Failure:
    """Our last line failed: it reads what the script should have set."""
    if kind == "NameError" and "_result" in message:
        return Failure("The code did not set _result.")
    return Failure(f"What the code set can't be read ({kind}: {message}).")


def _line(error: MontySyntaxError | MontyRuntimeError, lines: int, added_lines: int) -> int | None:
    """The innermost line of the script itself, or the line after it when only ours is named."""
    named = [frame.line - added_lines for frame in error.traceback()]
    own = [line for line in named if line <= lines]
    if isinstance(error, MontySyntaxError):
        return min(named[-1], lines) if named else None
    return own[-1] if own else (named[-1] if named else None)


def _kind(error: MontySyntaxError | MontyRuntimeError) -> str:
    return error.display("type-msg").partition(":")[0].strip()


def too_long(limits: Limits) -> Failure:
    """What is said of a script that ran into its limit of time."""
    unit = "second" if limits.seconds == 1 else "seconds"
    return Failure(f"The code ran longer than {limits.seconds:g} {unit} and was stopped.")


def _in(line: int | None) -> str:
    return f" in line {line}" if line is not None else ""


def _at(line: int | None, message: str) -> str:
    return f"line {line}: {message}" if line is not None else message


def _shortened(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
