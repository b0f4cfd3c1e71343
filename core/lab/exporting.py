"""A Lab as a file that the importer reads back to the same labels."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select

from core.db import Database
from core.errors import Refused
from core.lab.access import metric_for
from core.lab.formulas import to_cell
from core.models import Call, MetricReview
from core.terms import NOT_APPLICABLE, Actor, EvalType, Role

ROWS_AT_ONCE = 50
CSV_HEADER = ("id", "transcript", "expected_value", "feedback", "group", "metadata")
QUERY = (
    select(
        MetricReview.id.label("review_id"),
        Call.external_id,
        Call.transcript,
        MetricReview.expected_value,
        MetricReview.feedback,
        Call.group,
        Call.details,
    )
    .join(Call, Call.id == MetricReview.call_id)
    .order_by(MetricReview.id)
    .limit(ROWS_AT_ONCE)
)


def export(database: Database, actor: Actor, metric_id: int, file_format: str) -> Iterator[str]:
    """Every row of a metric's Lab, labelled or not, as pieces of a "jsonl" or "csv" file.

    In JSON Lines an unlabelled row has no `expected_value`, and N/A is null; in CSV the cell is empty,
    and `N/A`. Values are of the metric's kind: true and false, numbers, texts.
    Raises Refused for another format, NotFound, NotAllowed, all before the first piece.
    """
    if file_format not in ("jsonl", "csv"):
        raise Refused(f"“{file_format[:20]}” is no format to export to; there are jsonl and csv.")
    with database.read() as session:
        metric = metric_for(session, actor, metric_id, Role.VIEWER, "export labels")
        eval_type = metric.eval_settings.eval_type
    pages = _pages(database, metric_id)
    return _csv(pages) if file_format == "csv" else _jsonl(pages, eval_type)


def _pages(database: Database, metric_id: int) -> Iterator[Sequence[Row[Any]]]:
    """The Lab page by page, each in a short session: who downloads slowly holds nothing open."""
    last = 0
    while True:
        with database.read() as session:
            page = session.execute(
                QUERY.where(MetricReview.metric_id == metric_id, MetricReview.id > last)
            ).all()
        if not page:
            return
        yield page
        last = page[-1].review_id


def _jsonl(pages: Iterator[Sequence[Row[Any]]], eval_type: EvalType) -> Iterator[str]:
    native = _native(eval_type)
    for page in pages:
        yield "".join(json.dumps(_json_row(row, native), ensure_ascii=False) + "\n" for row in page)


def _json_row(row: Row[Any], native: Callable[[str], Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"id": row.external_id, "transcript": row.transcript}
    if row.expected_value is not None:
        values["expected_value"] = native(row.expected_value)
    optional = {"feedback": row.feedback, "group": row.group, "metadata": row.details}
    return values | {name: value for name, value in optional.items() if value}


def _native(eval_type: EvalType) -> Callable[[str], Any]:
    """How JSON writes a canonical value: an enum's is text even where it reads like a number."""

    def native(value: str) -> Any:
        if value == NOT_APPLICABLE:
            return None
        return value if eval_type is EvalType.ENUM else json.loads(value)

    return native


def _csv(pages: Iterator[Sequence[Row[Any]]]) -> Iterator[str]:
    yield _csv_lines([CSV_HEADER])
    for page in pages:
        yield _csv_lines([_csv_row(row) for row in page])


def _csv_row(row: Row[Any]) -> list[str]:
    metadata = json.dumps(row.details, ensure_ascii=False) if row.details else ""
    transcript = json.dumps(row.transcript, ensure_ascii=False)
    cells = (row.external_id, transcript, row.expected_value, row.feedback, row.group, metadata)
    return [to_cell(cell or "") for cell in cells]


def _csv_lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
