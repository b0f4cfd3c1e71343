"""One row of a Lab, open: the transcript beside the verdict, and the label."""

from __future__ import annotations

from html import escape

import streamlit as st

from core import lab
from core.lab import OpenRow, RowPlace
from core.terms import VerdictStatus
from dashboard.components import plain
from dashboard.components.lab_history import show_conflict, show_history
from dashboard.components.lab_label import keys_help, show_label_form
from dashboard.components.lab_place import Place
from dashboard.components.lab_reading import show_reading
from dashboard.components.lab_saving import last_done, leave, look_at, undo
from dashboard.components.lab_transcript import show_metadata
from dashboard.components.lab_words import FILTER_NAMES, label_html, mark_html, verdict_html
from dashboard.components.times import utc, when
from dashboard.session import Here

TRANSCRIPT_AND_VERDICT = [3, 2]
BOXED_CHARS = 600


def show_row(here: Here, place: Place, opened: OpenRow) -> None:
    look_at(opened.row)
    _show_way(here, place, opened)
    st.subheader(plain.label(opened.row.external_id), anchor=False)
    undecided = show_conflict(here, opened)
    said, judged = st.columns(TRANSCRIPT_AND_VERDICT, gap="medium")
    with said:
        show_reading(opened.transcript)
        show_metadata(opened.metadata)
        _show_download(here, opened)
    with judged:
        _show_verdict(here, opened)
        _show_label(here, opened, by_keys=not undecided)
        show_history(here, opened)


def _show_way(here: Here, place: Place, opened: OpenRow) -> None:
    """Back, previous, next, undo, and where in the filter this is."""
    at = opened.place
    with st.container(horizontal=True, vertical_alignment="center", key="lab-way"):
        _show_way_to(here, opened, "All rows", "arrow_back", "B", None, there=True)
        before, after = at.previous_id, at.next_id
        _show_way_to(here, opened, "Previous", "chevron_left", "P", before, there=before is not None)
        _show_way_to(here, opened, "Next", "chevron_right", "N", after, there=after is not None)
        show_undo(here, opened.metric_id)
        of = f"{FILTER_NAMES[place.asked.show]}{', with these words' if place.asked.search else ''}"
        st.caption(f"{of}: {_where(at)}", help=keys_help(opened.settings), width="content")


def _where(at: RowPlace) -> str:
    """A row stays open when its label takes it out of the filter it was opened from."""
    if at.position:
        return f"{at.position} of {at.total:,}"
    return f"this one is not among the {at.total:,}" if at.total else "none left"


def show_undo(here: Here, metric_id: int) -> None:
    """Takes back what was saved last in this browser session, whichever row it was."""
    done = last_done(metric_id)
    if done is None:
        return
    st.button(
        "Undo",
        icon=":material/undo:",
        key="lab-undo",
        shortcut="Z",
        help=f"Takes back what you saved last: {plain.short(done.external_id)}",
        on_click=undo,
        args=(here, done),
    )


def _show_way_to(
    here: Here, opened: OpenRow, words: str, icon: str, shortcut: str, review_id: int | None, *, there: bool
) -> None:
    st.button(
        words,
        icon=f":material/{icon}:",
        key=f"lab-way-{shortcut}",
        shortcut=shortcut,
        disabled=not there,
        on_click=leave,
        args=(here, opened, review_id),
    )


def _show_verdict(here: Here, opened: OpenRow) -> None:
    row = opened.row
    with st.container(border=True, key="lab-verdict"):
        st.html(f"<strong>The judge says</strong> {verdict_html(row)} {mark_html(row.alignment)}")
        if row.explanation:
            _show_boxed(row.explanation)
        if row.unstable:
            st.caption("Unsure: asked the same again, the judge answered otherwise.")
        if row.judged is None:
            st.caption("The live prompt has not been evaluated on this call.")
        elif row.judged is VerdictStatus.UNREADABLE:
            st.caption("It counts as a disagreement with every label.")
        if row.evaluated_at is not None:
            old = "" if opened.judged_by_live else ", which is not the live one any more"
            st.caption(
                f"{when(row.evaluated_at, here.the_project.zone)} by version {opened.version or '?'}{old}",
                help=utc(row.evaluated_at),
            )


def _show_boxed(text: str) -> None:
    """Text of any length, scrolling inside where it is long."""
    with st.container(height=220 if len(text) > BOXED_CHARS else "content", border=False):
        st.html(f'<div class="pl-text">{escape(text)}</div>')


def _show_label(here: Here, opened: OpenRow, *, by_keys: bool) -> None:
    row = opened.row
    with st.container(border=True, key="lab-label"):
        st.html(f"<strong>Your label</strong> {label_html(row)}")
        if row.labelled_at is not None:
            by = plain.label(row.labelled_by or "an import")
            st.caption(f"{by}, {when(row.labelled_at, here.the_project.zone)}", help=utc(row.labelled_at))
        if not opened.may_label:
            st.caption("You may look; labelling needs the role labeller in this project.")
        show_label_form(here, opened, by_keys=by_keys)


def _show_download(here: Here, opened: OpenRow) -> None:
    row = opened.row
    st.download_button(
        "Download the whole transcript",
        lambda: lab.whole_transcript(here.database, here.actor, row.review_id),
        file_name=f"call-{row.review_id}.txt",
        mime="text/plain",
        icon=":material/download:",
        key="lab-whole",
        on_click="ignore",
    )
