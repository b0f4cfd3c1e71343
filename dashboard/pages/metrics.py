"""Metrics: the list, a new one, or one of them with its history, prompt, versions and Lab."""

from __future__ import annotations

import streamlit as st

from core import metrics
from core.errors import NotFound
from dashboard import session
from dashboard.components import (
    metrics_header,
    metrics_history,
    metrics_improve,
    metrics_lab,
    metrics_list,
    metrics_new,
    metrics_prompt,
    metrics_settings,
    metrics_versions,
    said,
)
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link, show_link_style
from dashboard.session import Here

TABS = {
    "History": metrics_history.show_history,
    "Prompt": metrics_prompt.show_prompt,
    "Versions": metrics_versions.show_versions,
    "Lab": metrics_lab.show_lab,
    "Settings": metrics_settings.show_settings,
}


def show_metric(here: Here, metric_id: int) -> None:
    """One metric, whose tab stands in the address too."""
    try:
        metric = metrics.retrieve(here.database, here.actor, metric_id)
    except NotFound:
        _show_gone()
        return
    if metric.project_id != here.the_project.id:
        st.query_params[session.KEPT] = str(metric.project_id)
        st.rerun()
    summary = metrics.metric_summary(here.database, here.actor, metric_id)
    metrics_header.show_header(here, metric, summary)
    metrics_improve.show_improve(here, metric, summary.waiting_run)
    if session.parameter("edit") is not None:
        st.session_state["tab"] = "Prompt"
    tabs = st.tabs(list(TABS), key="tab", bind="query-params")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(here, metric)


def _show_gone() -> None:
    empty_state("gavel", "This metric is not here", "It was deleted, or the link is not quite right.")
    show_link("metrics", "All metrics", icon="arrow_back")


def show_page() -> None:
    here = session.need_project()
    show_link_style()
    said.show_said("metrics")
    metric_id = session.parameter("metric")
    if metric_id is not None:
        show_metric(here, metric_id)
    elif session.parameter("new"):
        metrics_new.show_new_metric(here)
    else:
        metrics_list.show_list(here)


with session.saying_refusals():
    show_page()
