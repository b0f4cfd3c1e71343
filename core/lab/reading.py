"""Rows out of a file: JSON Lines, a JSON document or CSV, told apart by name and content."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Any, BinaryIO

from core.errors import BadImport
from core.lab.encoding import text_lines, utf8_stream, whole_text
from core.lab.formulas import from_cell
from core.lab.problems import BadRow, RowProblem
from core.lab.storable import REPLACEMENT, parse_json

MAX_CELL_CHARS = 32 * 1024 * 1024
DELIMITERS = ",;\t"
QUOTED = re.compile(r'"[^"]*"')
ROWS_KEYS = ("rows", "calls")
TRANSCRIPT_KEYS = ("transcript", "messages")


class FileFormat(StrEnum):
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"


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


def raw_rows(stream: BinaryIO, name: str = "") -> Iterator[RawRow | RowProblem]:
    """Every row of a seekable stream, in order; one that cannot be read as its problem.

    JSON Lines and CSV are read line by line, a JSON document (a list, `{"rows": […]}`,
    `{"calls": […]}` or one call) as a whole. Raises BadImport when the file as such is unreadable.
    """
    text = utf8_stream(stream)
    first = next((line.strip() for line in text_lines(text) if line.strip()), None)
    if first is None:
        raise BadImport("The file is empty.")
    file_format = _format(first, name)
    text.seek(0)
    if file_format is FileFormat.JSON:
        yield from _document_rows(whole_text(text))
    elif file_format is FileFormat.JSONL:
        yield from _json_lines(text_lines(text))
    else:
        yield from _csv_rows(text_lines(text), _delimiter(first))


def _format(first: str, name: str) -> FileFormat:
    suffix = PurePath(name).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if first.startswith("{"):
        return FileFormat.JSONL if _is_row(first) else FileFormat.JSON
    if first.startswith("[") or suffix == ".json":
        return FileFormat.JSON
    return FileFormat.CSV


def _is_row(line: str) -> bool:
    """Whether a file that begins with this line has one row a line; JSON is often named .json then."""
    if not line.endswith("}"):
        return False
    try:
        value = parse_json(line)
    except BadRow:
        return True
    return not any(isinstance(value.get(key), list) for key in ROWS_KEYS)


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


def _document_rows(text: str) -> Iterator[RawRow | RowProblem]:
    try:
        document = parse_json(text)
    except BadRow as problem:
        raise BadImport(f"The file cannot be read. {problem}") from None
    for number, value in enumerate(_rows_of(document), 1):
        yield _row(number, value, "row")


def _rows_of(document: Any) -> list[Any]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for key in ROWS_KEYS:
            if isinstance(document.get(key), list):
                return list(document[key])
        if any(key in document for key in TRANSCRIPT_KEYS):
            return [document]
    raise BadImport("The file holds no rows: a list of calls, or an object with “rows” or “calls”.")


def _row(number: int, value: Any, unit: str) -> RawRow | RowProblem:
    if isinstance(value, dict):
        return RawRow(number, value, unit)
    return RowProblem(number, 'It is no JSON object such as {"id": …, "transcript": […]}.', unit)


def _csv_rows(lines: Iterator[str], delimiter: str) -> Iterator[RawRow | RowProblem]:
    csv.field_size_limit(MAX_CELL_CHARS)
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
