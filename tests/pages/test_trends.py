"""The Trends page and the files that charts are saved as."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest

from core.runs import HeldOut, HistoryPoint, MetricTrend, Period
from core.terms import Outcome, Score
from dashboard.components.history_files import activity_csv, results_csv
from dashboard.components.time_range import since
from dashboard.components.trend_charts import bars_spec, small_spec
from tests.page_world import PageWorld, page_world
from tests.rich_world import fill

__all__ = ["page_world"]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
POINT = HistoryPoint(
    at=AT,
    run_id=7,
    result_id=9,
    outcome=Outcome.APPLIED,
    baseline=Score(30, 40),
    optimised=Score(34, 40, 2),
    held_out=HeldOut(Score(8, 12), Score(10, 12)),
    applied=True,
    reason="",
    applied_at=AT,
    version=2,
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_result_is_a_line_of_counts() -> None:
    (row,) = rows(results_csv([MetricTrend(1, "Polite", (POINT,))]))
    assert (row["metric"], row["run"], row["at"]) == ("Polite", "7", "2026-03-02T09:00:00+00:00")
    assert (row["baseline_correct"], row["baseline_total"], row["optimised_correct"]) == ("30", "40", "34")
    assert (row["held_out_baseline_correct"], row["held_out_optimised_correct"]) == ("8", "10")
    assert (row["held_out_total"], row["not_judged"], row["version"]) == ("12", "2", "2")


def test_a_name_is_no_formula_in_a_spreadsheet() -> None:
    (row,) = rows(results_csv([MetricTrend(1, '=HYPERLINK("http://evil.example")', (POINT,))]))
    assert row["metric"].startswith("'=")


def test_an_unknown_cost_is_an_empty_cell() -> None:
    periods = [Period(date(2026, 3, 2), 4, 1, 200, None), Period(date(2026, 3, 9), 0, 1, 10, 0.25)]
    assert [row["cost"] for row in rows(activity_csv(periods))] == ["", "0.25"]


@pytest.mark.parametrize(("chosen", "days"), [("30d", 30), ("3m", 92), ("1y", 366)])
def test_a_range_begins_at_the_start_of_a_day(chosen: str, days: int) -> None:
    begins = since(chosen, datetime(2026, 11, 27, 15, 30, tzinfo=UTC))
    assert begins is not None
    assert (datetime(2026, 11, 27, tzinfo=UTC) - begins).days == days


def test_all_time_has_no_beginning() -> None:
    assert since("all", AT) is None


def test_the_small_chart_has_the_shapes_of_the_large_one() -> None:
    spec = small_spec((POINT,), "Europe/Berlin")
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line", "rule", "point"]
    assert spec["layer"][2]["data"]["values"][0]["labels"] == "n = 40, 2 not judged"


def test_bars_never_touch() -> None:
    periods = tuple(Period(date(2026, 1, day), day, 0, 0, None) for day in range(1, 31))
    assert 30 * bars_spec(periods, "labels", "Labels")["mark"]["width"] < 200


def test_a_project_with_runs_has_a_chart_a_metric_and_files(page_world: PageWorld) -> None:
    fill(page_world.database, page_world.actor, page_world.project_id)
    page = page_world.open_in_frame("trends", range="1y")
    assert not page.exception
    said = " ".join(str(one.value) for one in [*page.markdown, *page.caption, *page.subheader])
    assert "Last measured 46 of 56 (82%)" in said
    assert "No run in this time." in said
    assert "What went into it" in said and "**Cost**" in said
    assert len(page.get("vega_lite_chart")) == 5


def test_a_new_project_is_told_what_to_do(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("trends", range="all")
    assert not page.exception
    assert any("Nothing happened yet" in str(one.value) for one in page.markdown)
