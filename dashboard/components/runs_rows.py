"""Rows fixed and rows broken, side by side; each with both verdicts, and its call one click away."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.judging.changes import RowChange
from core.runs.result_detail import ResultDetail
from core.runs.result_rows import PAGE, RowPage, RowView, result_rows
from dashboard.components import paging, plain, runs_call
from dashboard.components.verdicts import show_verdict
from dashboard.session import Here

PARTS = {"learn": "learned from", "choose": "chosen on", "held_out": "held out"}
EXPLANATION = 600
NOTHING = {
    RowChange.FIXED: "No row came to agree.",
    RowChange.BROKEN: "No row ceased to agree.",
}


def show_rows(here: Here, result: ResultDetail) -> None:
    """Fixed and broken side by side where there is a candidate; then the rows that still disagree."""
    if result.baseline is None:
        return
    st.subheader("Rows", anchor=False)
    if result.optimised is not None:
        left, right = st.columns(2, gap="medium")
        with left:
            _show_kind(here, result, RowChange.FIXED, "Fixed", "green", "check_circle")
        with right:
            _show_kind(here, result, RowChange.BROKEN, "Broken", "red", "cancel")
    with st.expander("Rows that still disagree", key=f"runs-still-{result.id}", on_change="rerun") as still:
        if still.open:
            _show_kind(here, result, RowChange.STILL_WRONG, "Still disagree", "orange", "error")


def _show_kind(
    here: Here, result: ResultDetail, change: RowChange, title: str, color: str, icon: str
) -> None:
    name = change.name.lower()
    page, number = paging.found_page(partial(_page, here, result.id, change), PAGE, name)
    count = page.total
    st.markdown(f"#### :{color}[:material/{icon}:] {title} ({count})")
    if not count:
        st.caption(NOTHING.get(change, "None."))
    for row in page.rows:
        _show_row(here, result.id, row, change)
    paging.show_pages(count, PAGE, number, f"runs-page-{name}", name)


def _page(here: Here, result_id: int, change: RowChange, number: int) -> RowPage:
    offset = (number - 1) * PAGE
    return result_rows(here.database, here.actor, result_id, change, offset=offset, limit=PAGE)


def _show_row(here: Here, result_id: int, row: RowView, change: RowChange) -> None:
    with st.container(border=True, key=f"runs-row-{result_id}-{row.review_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            opened = st.button(
                plain.short(row.external_id),
                key=f"runs-call-{result_id}-{row.review_id}",
                icon=":material/forum:",
                type="tertiary",
                help="Read the call",
            )
            plain.badge(f"label: {row.expected}", "gray")
            st.caption(PARTS.get(row.part, ""), width="content")
        show_verdict("Live", row.before, agrees=change is RowChange.BROKEN)
        if row.after is not None:
            show_verdict("Proposed", row.after, agrees=change is RowChange.FIXED)
        if row.note:
            st.caption(f":material/sticky_note_2: {plain.label(row.note, EXPLANATION)}")
    if opened:
        runs_call.show_call(here, result_id, row.review_id)
