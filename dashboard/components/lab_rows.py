"""The rows of a Lab, page by page: a table on a wide screen, cards on a phone."""

from __future__ import annotations

from html import escape

import streamlit as st

from core import lab
from core.lab import LabStanding, RowFilter, RowsAsked, RowsPage, RowView
from dashboard.components import lab_place, plain
from dashboard.components.lab_choosing import show_choice
from dashboard.components.lab_place import Place
from dashboard.components.lab_words import (
    FILTER_NAMES,
    filter_count,
    label_html,
    mark_html,
    verdict_html,
)
from dashboard.components.times import utc, when
from dashboard.session import Here

ID_AND_REST = [2, 9]
SELDOM = (RowFilter.UNSTABLE, RowFilter.DUPLICATES, RowFilter.CONTRADICTING)
"""Filters that are offered where they leave something."""
SEARCH_WIDTH = 280
STYLE = """<style>
[class*="st-key-lab-row-"]{padding:.55rem .9rem}
[class*="st-key-lab-open-"] :is(button,button>div,span[data-has-shortcut]){width:100%;
 justify-content:flex-start}
[class*="st-key-lab-open-"] button{padding-inline:0}
[class*="st-key-lab-open-"] p{font-weight:600}
.pl-row{display:grid;grid-template-columns:7rem minmax(0,1fr) minmax(0,1fr) 7.5rem;gap:.25rem 1rem;
 align-items:center;font-size:.9rem;line-height:1.45}
.pl-row .clamp{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;
 overflow-wrap:anywhere;margin-top:.1rem;opacity:.8;font-size:.85rem}
.pl-row .name{display:none}
.pl-head{font-size:.8rem;font-weight:600;opacity:.65;padding:0 .9rem}
@media (max-width:1000px){.pl-row{grid-template-columns:1fr 1fr}.st-key-lab-head{display:none}
 .pl-row>:first-child,.pl-row>:last-child{grid-column:1/-1}.pl-row>:last-child br{display:none}
 .pl-row .name{display:block;font-size:.75rem;font-weight:600;opacity:.6}}
</style>"""


def show_rows(here: Here, place: Place, metric_id: int, standing: LabStanding) -> None:
    _show_filters(place, standing)
    found = lab.rows_page(here.database, here.actor, metric_id, place.asked, place.page)
    if not found.total:
        st.info(nothing_found(place.asked), icon=":material/filter_list_off:")
        return
    st.html(STYLE)
    _show_head(found)
    with st.container(gap="xsmall", key="lab-rows"):
        for row in found.rows:
            _show_row(here, metric_id, row)
    if found.pages > 1:
        _show_pages(found)


def _show_pages(found: RowsPage) -> None:
    chosen = st.pagination(found.pages, default=found.number, key=f"lab-page-{found.number}")
    if chosen != found.number:
        lab_place.move(page=chosen)
        st.rerun()


def nothing_found(asked: RowsAsked) -> str:
    if asked.search:
        return "No call holds these words here. Try fewer of them, or another filter."
    return {
        RowFilter.TO_LABEL: "Nothing waits: every call has a label, and a note where the judge disagrees.",
        RowFilter.DISAGREEING: "No labelled call disagrees with the judge.",
        RowFilter.UNLABELLED: "Every call is labelled.",
        RowFilter.LABELLED: "No call is labelled yet. Open one and say whether the judge is right.",
        RowFilter.NOT_EVALUATED: "The judge has answered for every call.",
        RowFilter.UNSTABLE: "The judge has answered no call in two ways.",
        RowFilter.DUPLICATES: "No two calls have the same transcript.",
        RowFilter.CONTRADICTING: "No labels contradict each other.",
    }.get(asked.show, "There are no calls here.")


def _show_filters(place: Place, standing: LabStanding) -> None:
    options = [
        show.value
        for show in RowFilter
        if show not in SELDOM or filter_count(standing, show) or show is place.asked.show
    ]
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="lab-filters"
    ):
        st.segmented_control(
            "Show",
            options,
            format_func=lambda name: (
                f"{FILTER_NAMES[RowFilter(name)]} · {filter_count(standing, RowFilter(name))}"
            ),
            key=lab_place.follow("show", place.asked.show.value),
            on_change=lab_place.lead,
            args=("show",),
            required=True,
            wrap=True,
            label_visibility="collapsed",
        )
        st.text_input(
            "Search",
            placeholder="Search calls and notes",
            help="Finds words in call ids, transcripts and notes.",
            type="search",
            key=lab_place.follow("search", place.asked.search),
            on_change=lab_place.lead,
            args=("search",),
            max_chars=200,
            width=SEARCH_WIDTH,
            label_visibility="collapsed",
        )


def _show_head(found: RowsPage) -> None:
    first = (found.number - 1) * lab.ROWS_ON_A_PAGE + 1
    st.caption(f"{first}–{first + len(found.rows) - 1} of {found.total} calls")
    names = "".join(f"<span>{name}</span>" for name in ("", "Judge", "Label and note", "Labelled by"))
    with st.container(key="lab-head"):
        _, rest = st.columns(ID_AND_REST)
        rest.html(f'<div class="pl-row pl-head">{names}</div>')


def _show_row(here: Here, metric_id: int, row: RowView) -> None:
    with st.container(border=True, key=f"lab-row-{row.review_id}"):
        name, rest = st.columns(ID_AND_REST, vertical_alignment="center")
        with name.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            show_choice(metric_id, row)
            st.button(
                plain.short(row.external_id),
                key=f"lab-open-{row.review_id}",
                type="tertiary",
                icon=":material/forum:",
                width="stretch",
                on_click=lab_place.move,
                kwargs={"review": row.review_id},
            )
        rest.html(row_html(here, row))


def row_html(here: Here, row: RowView) -> str:
    """One row; every text in it is escaped."""
    zone = here.the_project.zone
    signed = ""
    if row.labelled_at is not None:
        by = escape(row.labelled_by or "an import")
        signed = f'{by} <br><span title="{utc(row.labelled_at)}">{when(row.labelled_at, zone)}</span>'
    return (
        f'<div class="pl-row"><div>{mark_html(row.alignment)}</div>'
        f'<div><span class="name">Judge</span>{verdict_html(row)}{_clamped(row.explanation)}</div>'
        f'<div><span class="name">Label and note</span>{label_html(row)}{_clamped(row.note)}</div>'
        f'<div class="pl-dim pl-text">{signed}</div></div>'
    )


def _clamped(text: str) -> str:
    return f'<div class="clamp">{escape(text)}</div>' if text else ""
