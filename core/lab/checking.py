"""The calls of a file that can come in, each once; what is wrong with the others is reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.lab.columns import Columns
from core.lab.problems import RowProblem
from core.lab.reading import RawRow
from core.lab.report import ImportReport
from core.lab.rows import ImportedCall, read_row
from core.lab.shapes import FOREIGN
from core.terms import EvalSettings

MAX_BATCH_ROWS = 500
MAX_BATCH_CHARS = 8_000_000
"""Long calls make a smaller batch, so that memory stays bounded whatever a file holds."""


OWN_COLUMNS = ("id", "transcript", "metadata")
"""What another product's row has once it is made into one of ours."""


def checked_calls(
    rows: Iterable[RawRow | RowProblem],
    settings: EvalSettings | None,
    columns: Columns,
    report: ImportReport,
    after: int = 0,
) -> Iterator[ImportedCall]:
    """The good rows in the order of the file. Counts rows, bad and repeated ones in the report.

    The first `after` rows were counted and taken already: they are read only to know their ids.
    """
    seen: dict[str, tuple[int, str]] = {}
    counted, passed = report, ImportReport()
    for number, row in enumerate(rows, 1):
        report = passed if number <= after else counted
        report.rows += 1
        call = read_row(row, settings, columns) if isinstance(row, RawRow) else row
        if isinstance(row, RawRow):
            report.see(row.values)
        if isinstance(call, RowProblem):
            report.refuse(call)
            continue
        report.see(OWN_COLUMNS if call.shape in FOREIGN else ())
        if _first_of_its_id(call, seen, report) and number > after:
            yield call


def batches(calls: Iterable[ImportedCall]) -> Iterator[list[ImportedCall]]:
    """The calls in lists that fit one transaction and the memory."""
    batch: list[ImportedCall] = []
    chars = 0
    for call in calls:
        batch.append(call)
        chars += sum(len(message.content) for message in call.messages)
        if len(batch) >= MAX_BATCH_ROWS or chars >= MAX_BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _first_of_its_id(call: ImportedCall, seen: dict[str, tuple[int, str]], report: ImportReport) -> bool:
    content = call.content_digest()
    line, same = seen.setdefault(call.external_id, (call.line, content))
    if line == call.line:
        return True
    if same == content:
        report.repeated += 1
    else:
        report.refuse(_taken(call, line))
    return False


def _taken(call: ImportedCall, line: int) -> RowProblem:
    if call.own_id:
        sentence = f"Its id “{call.external_id}” is that of {call.unit} {line}, which says something else."
    else:
        sentence = (
            f"Its transcript is that of {call.unit} {line}, which says something else, and it has no id."
        )
    return RowProblem(call.line, sentence, call.unit)
