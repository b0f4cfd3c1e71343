"""A transcript for the eye: its turns in parts, and of a very long one the beginning and the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.terms import Message

TURN_CHARS = 4_000
FIRST_TURNS, FIRST_CHARS = 80, 40_000
LAST_TURNS, LAST_CHARS = 40, 20_000
TOOL_CALL = re.compile(r"^\[tool call\] ", re.MULTILINE)
"""What the importer writes before each tool call of a turn, after what was said in it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said and which tools they called; `start` and `end` in seconds.

    `left_out` counts the characters cut from the end of what was said. In a window, `number` is the
    turn's place in the call, from 1, and a very long one comes in several parts.
    """

    role: str
    said: str
    tool_calls: tuple[str, ...] = ()
    start: float | None = None
    end: float | None = None
    left_out: int = 0
    number: int = 0
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The `first` and `last` turns of a transcript of `turns`; all are in `first` where none is left out."""

    first: tuple[Turn, ...]
    last: tuple[Turn, ...]
    turns: int

    @property
    def left_out(self) -> int:
        """How many turns between the first and the last ones are not shown."""
        return self.turns - len(self.first) - len(self.last)

    @property
    def whole(self) -> bool:
        """Whether every character is there."""
        return not self.left_out and not any(turn.left_out for turn in (*self.first, *self.last))


def excerpt(messages: Sequence[Message]) -> Excerpt:
    """At most 120 turns and about 60,000 characters of a transcript, in the order of the call."""
    first = _taken(messages, FIRST_TURNS, FIRST_CHARS)
    last = _taken(reversed(messages[len(first) :]), LAST_TURNS, LAST_CHARS)
    if len(first) + len(last) == len(messages):
        return Excerpt((*first, *reversed(last)), (), len(messages))
    return Excerpt(tuple(first), tuple(reversed(last)), len(messages))


def transcript_text(messages: Iterable[Message]) -> str:
    """The whole of a transcript as text, each turn beginning with its speaker."""
    return "\n\n".join(f"{message.role.capitalize()}: {message.content}" for message in messages) + "\n"


def _taken(messages: Iterable[Message], most_turns: int, most_chars: int) -> list[Turn]:
    """Turns from the beginning until one of the limits is reached; at least one, if there is one."""
    taken: list[Turn] = []
    chars = 0
    for message in messages:
        chars += min(len(message.content), TURN_CHARS)
        if len(taken) == most_turns or (taken and chars > most_chars):
            break
        taken.append(_turn(message))
    return taken


def _turn(message: Message) -> Turn:
    said, tool_calls = said_and_called(message.role, message.content[:TURN_CHARS])
    return Turn(
        role=message.role,
        said=said,
        tool_calls=tool_calls,
        start=message.start,
        end=message.end,
        left_out=max(0, len(message.content) - TURN_CHARS),
    )


def said_and_called(role: str, text: str) -> tuple[str, tuple[str, ...]]:
    """What a turn says, and the tool calls in it; only the agent makes any."""
    said, *tool_calls = TOOL_CALL.split(text) if role == "assistant" else [text]
    return said.strip("\n"), tuple(call.strip() for call in tool_calls)
