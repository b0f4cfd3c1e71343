"""Small multiples, a metric each, and labels, calls and cost below, all over the same time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import streamlit as st

from core.runs import MetricTrend, Period, activity, live_scores, page_of_trends
from core.runs.trends import TrendPage
from core.terms import SHOWN_AS
from dashboard.components import paging, plain
from dashboard.components.empty import empty_state
from dashboard.components.history_chart import PICK, legend_html
from dashboard.components.history_files import activity_csv, results_csv
from dashboard.components.links import show_link, show_link_style
from dashboard.components.metrics_links import open_run
from dashboard.components.scores import score_text
from dashboard.components.time_range import choose_range
from dashboard.components.trend_charts import bars_spec, small_spec
from dashboard.session import Here

ABREAST, NARROWEST = 3, 260
AT_ONCE = 12
HEIGHT = 150


def show_trends(here: Here) -> None:
    """Raises NotAllowed."""
    show_link_style()
    st.title("Trends", anchor=False)
    st.caption("How well the live prompts agree with your labels, and what went into that.")
    since = choose_range("trends-range")
    found, number = paging.found_page(partial(_page, here, since), AT_ONCE)
    periods = _periods(here, here.settings.database, here.person.user_id, here.the_project.id, since)
    if not periods and not any(trend.points for trend in found.trends):
        _show_empty(since)
        return
    _show_multiples(here, found.trends)
    paging.show_pages(found.total, AT_ONCE, number, "trends-page")
    _show_activity(periods)
    _offer_files(found.trends, periods)


def _page(here: Here, since: datetime | None, number: int) -> TrendPage:
    offset = (number - 1) * AT_ONCE
    return page_of_trends(here.database, here.actor, here.the_project.id, since, offset=offset, limit=AT_ONCE)


@st.cache_data(ttl=60, max_entries=128, show_spinner=False)
def _periods(
    _here: Here, database: str, user_id: int, project_id: int, since: datetime | None
) -> list[Period]:
    """For a minute as it was: it is summed up from every run of the time. What it depends on is its key."""
    return activity(_here.database, _here.actor, project_id, since)


def _show_empty(since: datetime | None) -> None:
    empty_state(
        "show_chart",
        "Nothing happened yet" if since is None else "Nothing happened in this time",
        "Label calls in the Lab and run Auto Improve, or let a schedule do it: every run is a point here.",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        show_link("lab", "Label calls", icon="science")
        show_link("metrics", "Run Auto Improve", icon="auto_fix_high")


def _show_multiples(here: Here, trends: Sequence[MetricTrend]) -> None:
    st.html(legend_html([point for trend in trends for point in trend.points]))
    with st.grid(ABREAST, min_column_width=NARROWEST, key="trends-metrics"):
        for trend in trends:
            _show_metric(here, trend)


def _show_metric(here: Here, trend: MetricTrend) -> None:
    with st.container(border=True, height="stretch", key=f"trends-metric-{trend.id}", gap="xsmall"):
        show_link("metrics", f"**{plain.short(trend.name)}**", metric=trend.id, tab="History")
        known = live_scores(trend.points)
        if not known:
            st.caption(_unmeasured(trend))
            return
        st.caption(f"Last measured {score_text(known[-1].score)}")
        event = st.vega_lite_chart(
            spec=small_spec(trend.points, here.the_project.zone.key),
            height=HEIGHT,
            key=f"trends-chart-{trend.id}",
            on_select="rerun",
            selection_mode=PICK,
            alt=f"Agreement with the labels over {len(trend.points)} runs; "
            f"last measured {score_text(known[-1].score)}.",
        )
    picked = event.selection.get(PICK) or []
    if picked:
        chosen = int(picked[0]["run_id"])
        result = next((point.result_id for point in trend.points if point.run_id == chosen), None)
        open_run(trend.id, chosen, result)


def _unmeasured(trend: MetricTrend) -> str:
    if not trend.points:
        return "No run in this time."
    return f"Not measured in this time; the last run: {SHOWN_AS[trend.points[-1].outcome]}."


def _show_activity(periods: Sequence[Period]) -> None:
    if not periods:
        return
    st.subheader("What went into it", anchor=False)
    shown = {"labels": "Labels given", "calls": "Calls to the model"}
    if any(period.cost is not None for period in periods):
        shown["cost"] = "Cost"
    with st.grid(len(shown), min_column_width=NARROWEST, key="trends-activity"):
        for name, title in shown.items():
            with st.container(border=True, key=f"trends-{name}", gap="xsmall"):
                total = sum(getattr(period, name) or 0 for period in periods)
                st.markdown(f"**{title}**")
                st.caption(f"{total:,.2f} in all" if name == "cost" else f"{total:,} in all")
                st.vega_lite_chart(
                    spec=bars_spec(tuple(periods), name, title),
                    height=HEIGHT,
                    key=f"trends-bars-{name}",
                    alt=f"{title} over {len(periods)} periods, {total:,.6g} in all.",
                )


def _offer_files(trends: Sequence[MetricTrend], periods: Sequence[Period]) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Results as CSV",
            lambda: results_csv(trends),
            file_name="results.csv",
            mime="text/csv",
            icon=":material/download:",
            key="trends-results-csv",
            on_click="ignore",
            help="A line a run and metric of this page. A chart is saved as a picture from its corner.",
        )
        st.download_button(
            "Labels, calls and cost as CSV",
            lambda: activity_csv(periods),
            file_name="activity.csv",
            mime="text/csv",
            icon=":material/download:",
            key="trends-activity-csv",
            on_click="ignore",
        )
