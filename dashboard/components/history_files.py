"""The charts' numbers as CSV: times in UTC, scores as counts, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from core.lab.formulas import to_cell
from core.runs import HistoryPoint, MetricTrend, Period
from core.terms import Score

RESULT_COLUMNS = (
    *("metric", "run", "at", "outcome"),
    *("baseline_correct", "baseline_total", "optimised_correct", "optimised_total", "not_judged"),
    *("held_out_baseline_correct", "held_out_optimised_correct", "held_out_total", "version"),
)
PERIOD_COLUMNS = ("begins", "labels", "runs", "calls", "cost")


def results_csv(trends: Iterable[MetricTrend]) -> str:
    """One line a result."""
    rows = [_result(trend.name, point) for trend in trends for point in trend.points]
    return _written(RESULT_COLUMNS, rows)


def activity_csv(periods: Iterable[Period]) -> str:
    """One line a period; an empty cost is an unknown one."""
    rows = [(one.begins, one.labels, one.runs, one.calls, _or_empty(one.cost)) for one in periods]
    return _written(PERIOD_COLUMNS, rows)


def _result(metric: str, point: HistoryPoint) -> Sequence[object]:
    held_out = point.held_out
    shown = point.optimised or point.baseline
    return (
        *(metric, point.run_id, point.at.isoformat(timespec="seconds"), point.outcome.value),
        *(*_counts(point.baseline), *_counts(point.optimised), shown.not_judged if shown else ""),
        *((held_out.baseline.correct, held_out.optimised.correct) if held_out else ("", "")),
        held_out.baseline.total if held_out else "",
        _or_empty(point.version),
    )


def _counts(score: Score | None) -> tuple[object, object]:
    return (score.correct, score.total) if score else ("", "")


def _or_empty(value: object) -> object:
    return "" if value is None else value


def _written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([to_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return written.getvalue()
