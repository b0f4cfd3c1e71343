"""The project's metrics as cards."""

from __future__ import annotations

import streamlit as st

from core import metrics
from core.accounts import MAX_NAME
from core.metrics import MetricSummary
from dashboard import session
from dashboard.components import filters, outcomes, paging, plain, times
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link
from dashboard.components.metrics_words import EVAL_TYPES, TYPE_ICONS, TYPES
from dashboard.components.scores import score_text
from dashboard.session import Here

ABREAST = 3
STYLE = """<style>
[class*="st-key-metrics-card"] [data-testid="stPageLink-NavLink"] *{white-space:normal;overflow:visible}
</style>"""
"""The name of a metric is a link, and wraps where links are cut off."""
AT_ONCE = 30
SEARCH_FROM = 9
"""With fewer metrics than this a search box would be one thing more to read."""


def show_list(here: Here) -> None:
    found = metrics.list_metrics(here.database, here.actor, here.the_project.id)
    _show_heading(here, found)
    if not found:
        empty_state(
            "gavel",
            "No metric yet",
            "A metric is a question that is asked of every call, such as “Was the appointment confirmed?”. "
            "Make one, label a few calls in its Lab, and let Auto Improve rewrite its prompt.",
        )
        return
    st.html(STYLE)
    matching = _matching(found)
    shown = matching[: paging.shown(AT_ONCE)]
    for start in range(0, len(shown), ABREAST):
        for column, metric in zip(st.columns(ABREAST), shown[start : start + ABREAST], strict=False):
            with column:
                _show_card(here, metric)
    if not shown:
        st.caption("No metric has that in its name.")
    paging.offer_more(len(matching), len(shown), AT_ONCE, "metrics-more")


def _show_heading(here: Here, found: list[MetricSummary]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Metrics", anchor=False, width="content")
        if st.button("New metric", key="metrics-new", type="primary", icon=":material/add:"):
            session.go("metrics", new=1)
    labelled = sum(metric.labelled for metric in found)
    count = f"{len(found)} metric{'' if len(found) == 1 else 's'}"
    st.caption(f"{plain.label(here.the_project.name)} · {count} · {labelled:,} labels")


def _matching(found: list[MetricSummary]) -> list[MetricSummary]:
    wanted = filters.written("find", MAX_NAME)
    if len(found) < SEARCH_FROM and not wanted:
        return found
    filters.show_words(
        "metrics",
        "find",
        "Find a metric",
        "Find a metric by name",
        MAX_NAME,
        label_visibility="collapsed",
    )
    return [metric for metric in found if wanted.casefold() in metric.name.casefold()]


def _show_card(here: Here, metric: MetricSummary) -> None:
    with st.container(border=True, height="stretch", key=f"metrics-card-{metric.id}"):
        show_link(
            "metrics", f"**{plain.short(metric.name)}**", icon=TYPE_ICONS[metric.type], metric=metric.id
        )
        kind = f"{TYPES[metric.type]} · {EVAL_TYPES[metric.eval_type].lower()} · v{metric.version} live"
        st.caption(kind)
        _show_agreement(metric)
        _show_state(here, metric)


def _show_agreement(metric: MetricSummary) -> None:
    labels = f"{metric.labelled:,} label{'' if metric.labelled == 1 else 's'}"
    if metric.score is None:
        st.markdown(f"No agreement measured yet  \n{labels}" if metric.labelled else "Nothing labelled yet")
    else:
        before = " before it was edited" if metric.outdated else ""
        st.markdown(f"Agrees with **{score_text(metric.score)}**{before}  \n{labels}")


def _show_state(here: Here, metric: MetricSummary) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if metric.critical:
            st.badge("Critical", icon=":material/priority_high:", color="red")
        if metric.going:
            outcomes.badge(None, "active")
        elif metric.last_outcome is not None:
            outcomes.badge(metric.last_outcome)
            times.caption(times.moment(metric.last_at, here.the_project.zone))
        else:
            st.badge("No run yet", color="gray", icon=":material/hourglass_empty:")
