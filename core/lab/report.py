"""What an import did, or would do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.lab.marks import Mark
from core.lab.problems import RowProblem
from core.lab.rows import ImportedCall

MAX_PROBLEMS = 1000
MAX_COLUMNS = 200
SAMPLE_ROWS = 5
SINGULAR = re.compile(r"(call|trace)")


@dataclass(slots=True)
class ImportReport:
    """Counts of rows, filled while a file is read.

    `rows` = `good` + `bad` + `repeated` (there before in the file, word for word). Of the good ones
    `labelled` have a label, by canonical value in `values`, and `notes` have feedback. `new` and
    `known` calls, and what becomes of labels and notes, stay 0 in a preview, which asks no database.
    `kind` says what file it is, `shapes` counts the good rows by what they are. `problems` are the first
    1,000 in the order of the file, `columns` its keys, `sample` the first good rows. `written` is False
    for a preview, a dry run, and where bad rows held everything back.
    """

    name: str = ""
    kind: str = ""
    shapes: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    good: int = 0
    bad: int = 0
    repeated: int = 0
    labelled: int = 0
    notes: int = 0
    values: dict[str, int] = field(default_factory=dict)
    new: int = 0
    known: int = 0
    other_metadata: int = 0
    labels_added: int = 0
    labels_changed: int = 0
    notes_changed: int = 0
    written: bool = False
    problems: list[RowProblem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    sample: list[ImportedCall] = field(default_factory=list)

    @property
    def recognised(self) -> str:
        """What the file was taken for, such as “JSON Lines with 12 Vapi calls”."""
        found = [_counted(count, shape) for shape, count in sorted(self.shapes.items(), key=_by_count)]
        return f"{self.kind} with {' and '.join(found)}" if found else self.kind

    def see(self, keys: Iterable[str]) -> None:
        """Remember which keys the file has, for the person who maps them."""
        new = [key for key in keys if key not in self.columns]
        self.columns.extend(new[: MAX_COLUMNS - len(self.columns)])

    def refuse(self, problem: RowProblem) -> None:
        self.bad += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def accept(self, call: ImportedCall) -> None:
        self.good += 1
        self.shapes[call.shape.value] = self.shapes.get(call.shape.value, 0) + 1
        self.labelled += call.labelled
        self.notes += bool(call.feedback)
        if call.expected is not None:
            self.values[call.expected] = self.values.get(call.expected, 0) + 1
        if len(self.sample) < SAMPLE_ROWS:
            self.sample.append(call)

    def change(self, before: Mark, after: Mark) -> None:
        """Count what becomes of one row of the Lab."""
        self.labels_added += after.labelled and not before.labelled
        self.labels_changed += before.labelled and after.expected != before.expected
        self.notes_changed += after.feedback != before.feedback

    def as_json(self) -> dict[str, Any]:
        """All but the sample, as plain values."""
        values = {key: value for key, value in asdict(self).items() if key != "sample"}
        return values | {"recognised": self.recognised}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ImportReport:
        """The report that `as_json` was called on, without its sample."""
        known = {each.name for each in fields(cls)} - {"problems"}
        problems = [RowProblem(**problem) for problem in values["problems"]]
        return cls(problems=problems, **{name: value for name, value in values.items() if name in known})


def _counted(count: int, shape: str) -> str:
    words = shape if count == 1 else SINGULAR.sub(r"\1s", shape, count=1)
    return f"{count:,} {words}"


def _by_count(item: tuple[str, int]) -> int:
    return -item[1]
