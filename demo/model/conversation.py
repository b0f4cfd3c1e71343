"""The conversation block of a prompt, as turns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from demo.model.phrases import normal

AGENT, USER, TOOL, ANYONE = "agent", "user", "tool result", "anyone"
HEADER = re.compile(r"\[(\d+)\] ([^:\n]{1,60}?)(?: \(\d+:\d\d\))?:(?: |$)")
OPENING = re.compile(r"<conversation ([0-9a-f]+)>\n")
LEFT_OUT = "[…"
LONGEST_REMEMBERED = 30_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: who speaks, the words as they came and in normal form."""

    speaker: str
    content: str
    words: str


@dataclass(frozen=True, slots=True)
class Conversation:
    turns: tuple[Turn, ...]

    def spoken(self, speaker: str) -> list[int]:
        """The positions of the turns of a speaker; *anyone* is the agent or the user."""
        if speaker == ANYONE:
            return [at for at, turn in enumerate(self.turns) if turn.speaker in (AGENT, USER)]
        return [at for at, turn in enumerate(self.turns) if turn.speaker == speaker]


def conversation_in(message: str) -> Conversation | None:
    """The conversation in a user message, or None where there is none.

    The block ends at the mark that its first line names, so nothing inside it can end it early.
    """
    opening = OPENING.match(message)
    if opening is None:
        return None
    end = message.find(f"\n</conversation {opening[1]}>", opening.end() - 1)
    return read_turns(message[opening.end() : None if end < 0 else end])


def read_turns(text: str) -> Conversation:
    """The turns of a transcript; calls are judged again and again, so short ones are remembered."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _read(text)


def _read(text: str) -> Conversation:
    turns: list[tuple[str, list[str]]] = []
    cut = False
    for line in text.split("\n"):
        if header := HEADER.match(line):
            turns.append((header[2], [line[header.end() :]]))
            cut = False
        elif line.startswith(LEFT_OUT):
            cut = True
        elif turns and not cut:
            turns[-1][1].append(line.strip())
        elif not turns:
            turns.append(("", [line]))
    return Conversation(tuple(_turn(speaker, "\n".join(lines)) for speaker, lines in turns))


_remembered = lru_cache(maxsize=1024)(_read)


def _turn(speaker: str, content: str) -> Turn:
    return Turn(speaker, content, normal(content))
