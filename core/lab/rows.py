"""One row of a file, made into a call that can come in, or into the reason why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadLabel
from core.judging.values import canonical
from core.lab.columns import Columns, Fields, empty
from core.lab.marks import Mark
from core.lab.messages import read_messages
from core.lab.problems import BadRow, RowProblem
from core.lab.reading import RawRow
from core.lab.shapes import Shape, own_row
from core.lab.storable import parse_json, storable
from core.lab.transcripts import transcript_digest
from core.terms import NOT_APPLICABLE, EvalSettings, Message, digest

MAX_ID_CHARS = 200
DEFAULT_COLUMNS = Columns()


@dataclass(frozen=True, slots=True)
class ImportedCall:
    """A row as it comes in.

    `expected` is canonical, and None exactly where the row is not labelled; while no metric is chosen
    it is the label's text as the file has it. `digest` is that of the transcript. A row without an id
    of its own has one made of that digest, so that bringing the same file in again finds it.
    """

    external_id: str
    own_id: bool
    messages: tuple[Message, ...]
    digest: str
    metadata: Mapping[str, Any]
    group: str | None
    expected: str | None
    feedback: str
    line: int
    unit: str = "line"
    shape: Shape = Shape.CHAT

    @property
    def labelled(self) -> bool:
        return self.expected is not None

    @property
    def mark(self) -> Mark:
        return Mark(self.expected, self.feedback)

    def content_digest(self) -> str:
        """SHA-256 (hex) of all that the row says; equal only for a row that is there twice."""
        times = [[message.start, message.end] for message in self.messages]
        return digest([self.digest, times, self.metadata, self.group, self.expected, self.feedback])


def read_row(
    raw: RawRow, settings: EvalSettings | None, columns: Columns = DEFAULT_COLUMNS
) -> ImportedCall | RowProblem:
    """The call in a row, or one sentence on why there is none."""
    try:
        return _call(raw, settings, columns)
    except (BadRow, BadLabel) as problem:
        return RowProblem(raw.line, str(problem), raw.unit)


def _call(raw: RawRow, settings: EvalSettings | None, columns: Columns) -> ImportedCall:
    shape, values = own_row(storable(raw.values), columns)
    fields = columns.split(values)
    messages = read_messages(fields.first("transcript"))
    content = transcript_digest(messages)
    own_id = _name(fields, "id")
    return ImportedCall(
        external_id=own_id or f"transcript-{content[:32]}",
        own_id=own_id is not None,
        messages=messages,
        digest=content,
        metadata=_metadata(fields),
        group=_name(fields, "group"),
        expected=_expected(fields.values["expected_value"], settings),
        feedback=_feedback(fields.values["feedback"]),
        line=raw.line,
        unit=raw.unit,
        shape=shape or Shape.CHAT,
    )


def _name(fields: Fields, name: str) -> str | None:
    value = fields.first(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadRow(f"Its {name} is neither text nor a number.")
    text = str(value).strip()
    if len(text) > MAX_ID_CHARS:
        raise BadRow(f"Its {name} is longer than {MAX_ID_CHARS} characters.")
    return text


def _expected(labels: list[Any], settings: EvalSettings | None) -> str | None:
    """None without a label (an empty text is none); JSON null is the label N/A."""
    values = list(dict.fromkeys(_canonical(value, settings) for value in labels if not empty(value)))
    if len(values) > 1:
        raise BadRow(f"It has two labels that differ: {' and '.join(values)}.")
    return values[0] if values else None


def _canonical(value: Any, settings: EvalSettings | None) -> str:
    if isinstance(value, (dict, list)):
        raise BadRow("Its label is neither text nor a number nor true or false.")
    if settings is not None:
        return canonical(value, settings)
    if value is None:
        return NOT_APPLICABLE
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _feedback(values: list[Any]) -> str:
    notes: list[str] = []
    for value in values:
        if isinstance(value, (dict, list)):
            raise BadRow("Its feedback is no text.")
        if value is not None and not empty(value):
            notes.append(str(value).strip())
    return "\n".join(dict.fromkeys(notes))


def _metadata(fields: Fields) -> dict[str, Any]:
    """The row's metadata and the keys that are no fields; empty cells say nothing and are left out."""
    given = fields.first("metadata")
    if isinstance(given, str):
        given = storable(parse_json(given))
    if given is not None and not isinstance(given, dict):
        raise BadRow("Its metadata is no JSON object.")
    named = dict(given or {})
    for name, value in fields.rest.items():
        if empty(value):
            continue
        if name in named and named[name] != value:
            raise BadRow(f"It has “{name}” twice: beside its metadata and in it.")
        named[name] = value
    return named
