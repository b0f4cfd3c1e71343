"""The Lab of a metric: where it stands, bringing calls in, its rows, one row open, taking it out."""

from __future__ import annotations

import streamlit as st

from core import lab, metrics
from core.errors import NotFound
from core.lab import LabStanding
from core.metrics import MetricName
from dashboard import session
from dashboard.components import lab_place, plain
from dashboard.components.empty import empty_state
from dashboard.components.lab_evaluate import show_evaluate
from dashboard.components.lab_export import show_export
from dashboard.components.lab_import import show_import
from dashboard.components.lab_next import show_next
from dashboard.components.lab_place import EXPORT, IMPORT, PARTS, REFUSED, ROWS, SAID, Place
from dashboard.components.lab_row import show_row, show_undo
from dashboard.components.lab_rows import show_rows
from dashboard.components.lab_standing import show_standing
from dashboard.components.lab_words import STYLE
from dashboard.session import Here

PART_NAMES = {
    ROWS: ":material/list: Calls",
    IMPORT: ":material/upload: Bring calls in",
    EXPORT: ":material/download: Export",
}


def show() -> None:
    here = session.need_project()
    found = metrics.metric_names(here.database, here.actor, here.the_project.id)
    title, choice = st.columns([3, 2], vertical_alignment="center")
    title.title("Lab", anchor=False)
    if not found:
        _invite_metric()
        return
    st.html(STYLE)
    with choice:
        metric = _choose_metric(found)
    _say()
    place = lab_place.read()
    if place.review is not None:
        _show_one(here, place, metric)
    else:
        _show_all(here, place, metric)


def _invite_metric() -> None:
    empty_state(
        "science",
        "No metric yet",
        "A Lab holds the calls and labels of one metric. Make the metric first, then bring calls in here.",
    )
    if st.button("Go to Metrics", icon=":material/gavel:", type="primary", key="lab-to-metrics"):
        session.go("metrics")


def _choose_metric(found: list[MetricName]) -> MetricName:
    """The metric of the address, or the first; choosing another one leaves the rest of the place behind."""
    by_id = {metric.id: metric for metric in found}
    asked = session.parameter("metric")
    if asked is None:
        lab_place.start_at(found[0].id)
    elif asked not in by_id:
        st.warning(
            "There is no such metric in this project; here is another one.", icon=":material/search_off:"
        )
        lab_place.start_at(found[0].id)
    key = lab_place.follow("metric", asked if asked in by_id else found[0].id)
    chosen = st.selectbox(
        "Metric",
        list(by_id),
        format_func=lambda metric_id: plain.option(by_id[metric_id].name),
        key=key,
        on_change=lab_place.lead,
        args=("metric",),
        label_visibility="collapsed",
    )
    return by_id[chosen]


def _say() -> None:
    """What the last callback did, or why it was refused."""
    if said := st.session_state.pop(SAID, None):
        st.toast(plain.label(said), icon=":material/check:")
    if refused := st.session_state.pop(REFUSED, None):
        st.error(plain.label(refused), icon=":material/block:")


def _show_one(here: Here, place: Place, metric: MetricName) -> None:
    assert place.review is not None  # the caller's condition
    try:
        opened = lab.open_row(here.database, here.actor, place.review, place.asked, place.looking)
    except NotFound:
        opened = None
    if opened is None or opened.metric_id != metric.id:
        st.warning("This row is not in the Lab of this metric.", icon=":material/search_off:")
        st.button("All rows", key="lab-leave", on_click=lab_place.move, kwargs={"review": None})
        return
    show_row(here, place, opened)


def _show_all(here: Here, place: Place, metric: MetricName) -> None:
    standing = lab.lab_standing(here.database, here.actor, metric.id)
    if not standing.rows:
        empty_state(
            "forum",
            "No calls yet",
            "Bring in a file of conversations below; labels may be in it or be given here afterwards.",
        )
        show_import(here, metric.id)
        return
    show_standing(standing)
    show_evaluate(here, place, metric.id, standing)
    show_next(here, metric.id, standing)
    show_undo(here, metric.id)
    _show_part(here, place, metric, standing)


def _show_part(here: Here, place: Place, metric: MetricName, standing: LabStanding) -> None:
    part = st.segmented_control(
        "Part",
        PARTS,
        format_func=PART_NAMES.__getitem__,
        key=lab_place.follow("part", place.part or ROWS),
        on_change=lab_place.lead,
        args=("part",),
        required=True,
        label_visibility="collapsed",
    )
    if part == IMPORT:
        show_import(here, metric.id)
    elif part == EXPORT:
        show_export(here, metric.id, metric.name)
    else:
        show_rows(here, place, metric.id, standing)


with session.saying_refusals():
    show()
