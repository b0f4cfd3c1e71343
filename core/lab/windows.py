"""A stretch of a transcript, however long that is, and the turns that hold some words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from core.lab.excerpts import TURN_CHARS, Turn, said_and_called
from core.terms import Message

WINDOW_PIECES = 100
WINDOW_CHARS = 60_000
NEIGHBOURS = 1
"""Turns shown before and after one that holds the words."""
MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Looking:
    """From which piece on a transcript is read (from 0), and the words it is searched for."""

    at: int = 0
    words: str = ""


BEGINNING = Looking()


@dataclass(frozen=True, slots=True)
class Window:
    """`turns` of a call of `total` turns, in the order of the call.

    A turn of more than 4,000 characters is several pieces. `earlier` and `later` are the places of the
    windows beside this one, None where there is none; `found` is how many turns hold the words, None
    where none are searched for. Then these turns and their neighbours are all there is to page through.
    """

    turns: tuple[Turn, ...]
    total: int
    earlier: int | None = None
    later: int | None = None
    found: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    turn: int
    part: int

    def text(self, messages: Sequence[Message]) -> str:
        return messages[self.turn].content[self.part * TURN_CHARS : (self.part + 1) * TURN_CHARS]


def window(messages: Sequence[Message], looking: Looking = BEGINNING) -> Window:
    """At most 100 pieces and about 60,000 characters; the last ones where `at` lies behind the end."""
    words = looking.words.strip()[:MAX_WORDS]
    holding = _holding(messages, words) if words else None
    pieces = list(_pieces(messages)) if holding is None else _near(messages, holding)
    start = min(max(0, looking.at), max(0, len(pieces) - 1))
    end = start + _fitting(messages, pieces[start:])
    earlier = start - _fitting(messages, reversed(pieces[:start]))
    return Window(
        turns=tuple(_turn(messages, piece) for piece in pieces[start:end]),
        total=len(messages),
        earlier=earlier if start else None,
        later=end if end < len(pieces) else None,
        found=None if holding is None else len({piece.turn for piece in holding}),
        words=words,
    )


def _pieces(messages: Sequence[Message]) -> Iterator[_Piece]:
    for turn, message in enumerate(messages):
        for part in range(_parts(message)):
            yield _Piece(turn, part)


def _parts(message: Message) -> int:
    return max(1, -(-len(message.content) // TURN_CHARS))


def _holding(messages: Sequence[Message], words: str) -> list[_Piece]:
    """The pieces in which the words begin, whatever their case."""
    pattern = re.compile(re.escape(words), re.IGNORECASE)
    found = (
        _Piece(turn, hit.start() // TURN_CHARS)
        for turn, message in enumerate(messages)
        for hit in pattern.finditer(message.content)
    )
    return list(dict.fromkeys(found))


def _near(messages: Sequence[Message], holding: Sequence[_Piece]) -> list[_Piece]:
    """The pieces with those beside them, each once and in order."""
    every = list(_pieces(messages))
    places = {piece: place for place, piece in enumerate(every)}
    near = {
        place
        for piece in holding
        for place in range(places[piece] - NEIGHBOURS, places[piece] + NEIGHBOURS + 1)
        if 0 <= place < len(every)
    }
    return [every[place] for place in sorted(near)]


def _fitting(messages: Sequence[Message], pieces: Iterable[_Piece]) -> int:
    """How many of the pieces fit into a window, at least one if there is one."""
    fitting = chars = 0
    for piece in pieces:
        chars += len(piece.text(messages))
        if fitting == WINDOW_PIECES or (fitting and chars > WINDOW_CHARS):
            break
        fitting += 1
    return fitting


def _turn(messages: Sequence[Message], piece: _Piece) -> Turn:
    message = messages[piece.turn]
    said, tool_calls = said_and_called(message.role, piece.text(messages))
    turn = Turn(message.role, said, tool_calls, message.start, message.end, number=piece.turn + 1)
    return replace(turn, part=piece.part + 1, parts=_parts(message))
