"""The tab History: the chart, and the same runs as a list for those who would rather read."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import runs
from core.metrics import MetricDetails
from core.runs import HistoryPoint, MetricTrend
from core.terms import SHOWN_AS
from dashboard.components.empty import empty_state
from dashboard.components.history_chart import held_out_text, show_history_chart
from dashboard.components.history_files import results_csv
from dashboard.components.metrics_links import open_run
from dashboard.components.scores import score_text
from dashboard.components.time_range import choose_range, chosen_range
from dashboard.components.times import utc_minute, when
from dashboard.session import Here

ROW_HEIGHT, MOST_ROWS = 36, 10
EVER = "all"


def show_history(here: Here, metric: MetricDetails) -> None:
    since = chosen_range(EVER)
    points = runs.history(here.database, here.actor, metric.id, since=since)
    if points or since is not None:
        choose_range("metrics-history-range", EVER)
    if not points:
        _show_empty(ever=since is None)
        return
    measured = bool(runs.live_scores(points))
    if measured:
        _show_chart(here, metric, points)
    else:
        st.caption("No run has measured the agreement yet. This is what each one came to:")
    listed = st.expander(
        "The same as a list" if measured else "Runs",
        icon=":material/list:",
        key="metrics-history-list",
        expanded=not measured,
        on_change="rerun",
    )
    if listed.open:
        with listed:
            _show_rows(here, metric.id, points[::-1])
    _offer_file(metric, points)


def _show_empty(*, ever: bool) -> None:
    empty_state(
        "timeline",
        "No run yet" if ever else "No run in this time",
        "Auto Improve, or a schedule, rewrites the prompt from your labels. What each run came to, and "
        "how well the live prompt agrees with your labels over time, is drawn here.",
    )


def _offer_file(metric: MetricDetails, points: Sequence[HistoryPoint]) -> None:
    st.download_button(
        "CSV",
        lambda: results_csv([MetricTrend(metric.id, metric.name, tuple(points))]),
        file_name=f"metric-{metric.id}-history.csv",
        mime="text/csv",
        icon=":material/download:",
        key="metrics-history-csv",
        on_click="ignore",
        help="A line a run. The chart itself is saved as a picture from its corner.",
    )


def _show_chart(here: Here, metric: MetricDetails, points: Sequence[HistoryPoint]) -> None:
    with st.container(border=True, key="metrics-history"):
        st.markdown("**Agreement with your labels**")
        st.caption(
            "The grey line is the live prompt as last measured, the markers are what each run came to. "
            "Click a marker to open its run."
        )
        clicked = show_history_chart(points, here.the_project.zone, key=f"metrics-chart-{metric.id}")
    if clicked is not None:
        result = next((point.result_id for point in points if point.run_id == clicked), None)
        open_run(metric.id, clicked, result)


def _show_rows(here: Here, metric_id: int, points: Sequence[HistoryPoint]) -> None:
    zone = here.the_project.zone
    event = st.dataframe(
        {
            "Run": [str(point.run_id) for point in points],
            "When": [when(point.at, zone) for point in points],
            "UTC": [utc_minute(point.at) for point in points],
            "Outcome": [SHOWN_AS[point.outcome] for point in points],
            "Before": [score_text(point.baseline) for point in points],
            "After": [score_text(point.optimised) for point in points],
            "Held out": [held_out_text(point) for point in points],
            "Live as": [f"v{point.version}" if point.applied else "—" for point in points],
        },
        key="metrics-history-rows",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (1 + min(len(points), MOST_ROWS)) + 2,
    )
    st.caption("Select a row to open its run.")
    chosen = event.selection.rows
    if chosen:
        point = points[chosen[0]]
        open_run(metric_id, point.run_id, point.result_id)
