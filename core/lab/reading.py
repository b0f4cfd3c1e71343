"""Rows out of a file: JSON Lines, a JSON document, CSV or plain text, told apart by name and content."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import PurePath
from typing import Any, BinaryIO

from core.errors import BadImport
from core.lab.encoding import MAX_AT_ONCE, text_lines, utf8_stream
from core.lab.formulas import from_cell
from core.lab.json_rows import CALL_KEYS, ROWS_KEYS, json_rows
from core.lab.messages import SPEAKER
from core.lab.problems import BadRow, RowProblem
from core.lab.storable import parse_json
from core.storable import REPLACEMENT

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
QUOTED = re.compile(r'"[^"]*"')
BETWEEN_CALLS = re.compile(r"\s*(-{3,}|={3,}|\*{3,})\s*")
MAX_MESSAGES = 200_000


class FileFormat(StrEnum):
    """How a file is laid out; the value is what people call it."""

    JSONL = "JSON Lines"
    JSON = "a JSON document"
    CSV = "a table (CSV)"
    TEXT = "plain text"


SUFFIXES = {
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
}


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as the file has it. `line` and `unit` are those of a RowProblem about it."""

    line: int
    values: dict[str, Any]
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class FileRows:
    """A file's rows, in order; one that cannot be read as its problem. `kind` says what file it is."""

    kind: str
    rows: Iterator[RawRow | RowProblem]


def file_rows(stream: BinaryIO, name: str = "") -> FileRows:
    """The rows of a seekable stream, read one at a time.

    A JSON document is a list, an object with a list under one of ROWS_KEYS, one call, or one call's
    messages. Plain text is a call, or several between lines of dashes.
    Raises BadImport when the file as such is unreadable, some of it only in the middle of the rows.
    """
    text = utf8_stream(stream)
    first = _first_line(text)
    if first is None:
        raise BadImport("The file is empty.")
    file_format = _format(first, name)
    text.seek(0)
    if file_format is FileFormat.JSON:
        return FileRows(file_format.value, _document_rows(json_rows(text)))
    if file_format is FileFormat.JSONL:
        return FileRows(file_format.value, _json_lines(text_lines(text)))
    if file_format is FileFormat.TEXT:
        return FileRows(file_format.value, _text_rows(text_lines(text), name))
    delimiter = _delimiter(first)
    kind = f"{file_format.value}, separated by {DELIMITERS[delimiter]}"
    return FileRows(kind, _csv_rows(text_lines(text), delimiter))


def _first_line(text: BinaryIO) -> str | None:
    """The first line that says something, but of one that is too long for a row its first sign; or None."""
    while raw := text.readline(MAX_AT_ONCE):
        line = raw.decode("utf-8", "replace").removeprefix("\ufeff").strip()
        if line:
            return line if len(raw) < MAX_AT_ONCE else line[0]
    return None


def _format(first: str, name: str) -> FileFormat:
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if first.startswith("{"):
        return FileFormat.JSONL if _is_row(first) else FileFormat.JSON
    if first.startswith("[") and not SPEAKER.match(first):
        return FileFormat.JSON
    if suffix == ".json":
        return FileFormat.JSON
    if SPEAKER.match(first) or (suffix == ".txt" and not any(sign in first for sign in DELIMITERS)):
        return FileFormat.TEXT
    return FileFormat.CSV


def _is_row(line: str) -> bool:
    """Whether a file that begins with this line has one row a line; JSON is often named .json then."""
    if not line.endswith("}"):
        return False
    try:
        value = parse_json(line)
    except BadRow:
        return True
    is_call = not CALL_KEYS.isdisjoint(value)
    return is_call or not any(isinstance(value.get(key), list) for key in ROWS_KEYS)


def _json_lines(lines: Iterator[str]) -> Iterator[RawRow | RowProblem]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = parse_json(line)
        except BadRow as problem:
            yield RowProblem(number, str(problem))
            continue
        yield _row(number, value, "line")


def _document_rows(values: Iterator[Any]) -> Iterator[RawRow | RowProblem]:
    first = next(values, None)
    if _is_message(first):
        yield RawRow(1, {"transcript": _messages(chain([first], values))}, "row")
        return
    for number, value in enumerate(chain([] if first is None else [first], values), 1):
        yield _row(number, value, "row")


def _is_message(value: Any) -> bool:
    """Whether a list that begins with this is one call's messages."""
    return isinstance(value, dict) and "role" in value and value.keys().isdisjoint({"transcript", "messages"})


def _messages(values: Iterator[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        found.append(value)
        if len(found) > MAX_MESSAGES:
            raise BadImport(f"The file is a list of more than {MAX_MESSAGES:,} messages; no call is.")
    return found


def _row(number: int, value: Any, unit: str) -> RawRow | RowProblem:
    if isinstance(value, dict):
        return RawRow(number, value, unit)
    if isinstance(value, list) and value and all(_is_message(each) for each in value):
        return RawRow(number, {"transcript": value}, unit)
    return RowProblem(number, 'It is no JSON object such as {"id": …, "transcript": […]}.', unit)


def _text_rows(lines: Iterator[str], name: str) -> Iterator[RawRow | RowProblem]:
    begin, said, size = 1, list[str](), 0
    for number, line in enumerate(lines, 1):
        if BETWEEN_CALLS.fullmatch(line):
            yield from _text_row(begin, said, name)
            begin, said, size = number + 1, [], 0
            continue
        said.append(line)
        size += len(line)
        if size > MAX_AT_ONCE:
            raise BadImport(f"The call at line {begin} is larger than {MAX_AT_ONCE // 2**20} MB; no call is.")
    yield from _text_row(begin, said, name)


def _text_row(line: int, said: list[str], name: str) -> Iterator[RawRow]:
    """An id made of the file's name and of what is said: another file of this name is another call."""
    text = "".join(said).strip()
    if text:
        mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]
        stem = PurePath(name).stem[:100]
        yield RawRow(line, {"transcript": text} | ({"id": f"{stem}-{mark}"} if stem else {}))


def _csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[RawRow | RowProblem]:
    csv.field_size_limit(MAX_AT_ONCE)
    clean = (line.replace("\x00", REPLACEMENT) for line in lines)
    reader = csv.reader(clean, delimiter=delimiter, strict=True)
    header = _header(reader)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowProblem(line, _csv_sentence(error))
            continue
        if any(cells):
            yield _csv_row(line, header, cells)


def _delimiter(header: str) -> str:
    """The delimiter that the header has most of, outside of quoted names."""
    return max(DELIMITERS, key=QUOTED.sub("", header).count)


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        names = [name.strip() for name in next((cells for cells in reader if any(cells)), [])]
    except csv.Error as error:
        raise BadImport(f"The header of the file cannot be read. {_csv_sentence(error)}") from None
    named = [name for name in names if name]
    if not named:
        raise BadImport("The file has no header: its first line names the columns.")
    if len(set(named)) != len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise BadImport(f"The header of the file names the column “{twice}” twice.")
    return names


def _csv_row(line: int, header: list[str], cells: list[str]) -> RawRow | RowProblem:
    if len(cells) != len(header):
        return RowProblem(line, f"It has {len(cells)} cells where the header names {len(header)} columns.")
    values = {name: from_cell(cell) for name, cell in zip(header, cells, strict=True) if name}
    return RawRow(line, values)


def _csv_sentence(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "A quotation mark is opened in it and never closed; nothing after it could be read."
    if "new-line character" in str(error):
        return "It holds a carriage return without a line feed outside of quotation marks."
    return f"It is not valid CSV ({error})."
