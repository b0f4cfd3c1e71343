"""The head of a metric's page: what it is, what waits, and how to be rid of it."""

from __future__ import annotations

import streamlit as st

from core import jobs, schedules
from core.metrics import MetricDetails, MetricSummary
from core.terms import EvalType
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.links import show_link
from dashboard.components.metrics_words import EVAL_TYPES, TYPE_ICONS, TYPES, tolerance_text
from dashboard.components.scores import score_text
from dashboard.session import Here

DELETING = "metrics-deleting"
"""The metric that a dialog asks about; it stays open when the page is drawn anew meanwhile."""


def show_header(here: Here, metric: MetricDetails, summary: MetricSummary) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        show_link("metrics", "All metrics", icon="arrow_back")
        if st.button("Delete", key="metrics-delete", type="tertiary", icon=":material/delete:"):
            st.session_state[DELETING] = metric.id
    if st.session_state.get(DELETING) == metric.id:
        _ask_to_delete(here, metric)
    st.title(plain.label(metric.name), anchor=False)
    _show_badges(metric)
    st.caption(_measured(summary) + _answers(metric))


def _show_badges(metric: MetricDetails) -> None:
    kind = metric.definition.type
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(TYPES[kind], icon=f":material/{TYPE_ICONS[kind]}:", color="gray")
        st.badge(EVAL_TYPES[metric.settings.eval_type], color="gray")
        st.badge(f"v{metric.version} live", icon=":material/check_circle:", color="green")
        if metric.critical:
            st.badge("Critical", icon=":material/priority_high:", color="red")


def _measured(summary: MetricSummary) -> str:
    if summary.score is None:
        return ""
    agreed = f"Agrees with {score_text(summary.score)} of its labels as last measured"
    return f"{agreed}, before it was edited. " if summary.outdated else f"{agreed}. "


def _answers(metric: MetricDetails) -> str:
    """What its verdicts may be, and by which model, as markup."""
    parts = []
    if metric.settings.eval_type is EvalType.ENUM:
        parts.append("Values: " + plain.label(", ".join(metric.settings.enum_values)) + ".")
    if tolerance_text(metric.settings):
        parts.append(f"Numbers agree {tolerance_text(metric.settings)}.")
    if metric.model:
        parts.append(f"Judged by {plain.label(metric.model)}.")
    return " ".join(parts)


def _stop_asking() -> None:
    st.session_state.pop(DELETING, None)


@st.dialog("Delete this metric?", icon=":material/delete:", on_dismiss=_stop_asking)
def _ask_to_delete(here: Here, metric: MetricDetails) -> None:
    plain.sentence(f"“{metric.name}” leaves the list and every schedule it is in.")
    st.markdown(
        "A schedule with no other metric pauses, and a run that works on it stops; nothing of that is "
        "applied. Its past runs stay in the run history. A deleted metric does not come back."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="metrics-delete-no"):
            _stop_asking()
            st.rerun()
        if st.button("Delete metric", key="metrics-delete-yes", type="primary"):
            with session.saying_refusals():
                woken = schedules.archive(here.database, here.actor, metric.id)
                jobs.push_now(here.database, here.redis, woken)
                _stop_asking()
                said.say("metrics", f"“{metric.name}” was deleted.")
                session.go("metrics")
