"""The rows of a JSON document one at a time: however large it is, one of them is in memory."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any, BinaryIO

from core.errors import BadImport
from core.lab.encoding import MAX_AT_ONCE, text_pieces

ROWS_KEYS = frozenset({"rows", "calls", "chats", "data", "items", "results", "traces"})
"""Under one of these a document may hold its rows: our own, and those that answers of APIs come with."""

CALL_KEYS = frozenset({"transcript", "messages", "artifact", "call_id", "chat_id", "input", "observations"})
"""A document that says one of these before is one call, whatever lists it holds."""

NO_ROWS = "The file holds no rows: neither a list of calls nor an object with “rows”, “calls” or “data”."
SPACE = re.compile(r"[ \t\n\r]*")
UNDECIDED = 16
"""What breaks so near to the end of what was read may only be cut off there, as the text `nul` is."""


def json_rows(stream: BinaryIO) -> Iterator[Any]:
    """The values of a list, of the list under one of ROWS_KEYS, or the document itself where it is a call.

    A number that JSON does not have comes as NaN, one that no float holds as infinity: that is for whoever
    reads the row to refuse. Raises BadImport where the document itself breaks.
    """
    window = _Window(text_pieces(stream))
    if window.peek() == "[":
        yield from _list(window)
    elif window.peek() == "{":
        yield from _object(window)
    else:
        window.value()
        raise BadImport(NO_ROWS)
    if window.peek():
        raise window.broken("Extra data after the end")


def _list(window: _Window) -> Iterator[Any]:
    window.skip()
    if window.peek() == "]":
        window.skip()
        return
    while True:
        window.row += 1
        yield window.value()
        if _goes_on(window, "]"):
            continue
        return


def _object(window: _Window) -> Iterator[Any]:
    """The object's list of rows, or the object. What it says besides its rows is passed over."""
    window.skip()
    said: dict[str, Any] = {}
    found = False
    more = window.peek() != "}"
    while more:
        name = _name(window)
        if window.peek() == "[" and name in ROWS_KEYS and not found and said.keys().isdisjoint(CALL_KEYS):
            found = True
            yield from _list(window)
        else:
            said[name] = window.value()
        more = _goes_on(window, "}")
    if not found and said.keys().isdisjoint(CALL_KEYS | {"message", "call", "trace", "chat"}):
        raise BadImport(NO_ROWS)
    if not found:
        yield said


def _name(window: _Window) -> str:
    name = window.value() if window.peek() == '"' else None
    if not isinstance(name, str) or window.peek() != ":":
        raise window.broken("Expecting a name and a colon")
    window.skip()
    window.peek()
    return name


def _goes_on(window: _Window, end: str) -> bool:
    sign = window.peek()
    if sign not in (",", end):
        raise window.broken("Expecting a comma")
    window.skip()
    if sign == ",":
        window.peek()
    return sign == ","


class _Window:
    """A window that moves over the text; `row` is the row that is being read, 0 before the first."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self.row = 0
        self._pieces = pieces
        self._text, self._at, self._line = "", 0, 1

    def peek(self) -> str:
        """The next sign that is no space, "" at the end."""
        while True:
            space = SPACE.match(self._text, self._at)
            assert space is not None  # no space matches, too
            self._move(space.end())
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def skip(self) -> None:
        """Go past the sign that `peek` said."""
        self._move(self._at + 1)

    def value(self) -> Any:
        """The value that begins here, however much is to be read for it."""
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except JSONDecodeError as error:
                if self._is_definite(error) or not self._read_on():
                    raise self.broken(error.msg, error.pos) from None
                continue
            except RecursionError:
                raise BadImport(f"The file cannot be read. {self._where()} is nested too deeply.") from None
            if end < len(self._text) or isinstance(value, (dict, list, str)) or not self._read_on():
                self._move(end)
                return value

    def broken(self, what: str, at: int | None = None) -> BadImport:
        line = self._line + self._text.count("\n", self._at, self._at if at is None else at)
        row = f"row {self.row}, " if self.row else ""
        return BadImport(f"The file cannot be read. It is not valid JSON ({what} in {row}line {line}).")

    def _is_definite(self, error: JSONDecodeError) -> bool:
        """Whether it breaks in the middle of what was read, and not for want of the rest."""
        return not error.msg.startswith("Unterminated") and error.pos < len(self._text) - UNDECIDED

    def _read_on(self) -> bool:
        """Have at least twice as much of what is not used yet; False at the end of the file."""
        rest = self._text[self._at :]
        if len(rest) > MAX_AT_ONCE:
            raise BadImport(f"{self._where()} is larger than {MAX_AT_ONCE // 2**20} MB; no call is.")
        pieces: list[str] = []
        have, wanted = 0, min(max(1, len(rest)), MAX_AT_ONCE + 1 - len(rest))
        while have < wanted and (piece := next(self._pieces, "")):
            pieces.append(piece)
            have += len(piece)
        self._text, self._at = rest + "".join(pieces), 0
        return have > 0

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _where(self) -> str:
        return f"Row {self.row} of it" if self.row else "It"


def _number(digits: str) -> int | float:
    """Python refuses to read whole numbers of thousands of digits."""
    return int(digits) if len(digits) < 4000 else math.inf


def _no_number(name: str) -> float:
    return math.nan if name == "NaN" else math.inf


DECODER = json.JSONDecoder(parse_int=_number, parse_constant=_no_number)
