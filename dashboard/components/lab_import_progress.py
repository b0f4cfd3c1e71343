"""A file on its way in: how far it is, calling it off, and what became of the last one."""

from __future__ import annotations

import streamlit as st

from core import imports
from core.errors import PlumblineError
from core.imports import ImportView
from dashboard.components import lab_place, plain
from dashboard.components.lab_import_report import report_sentence, show_problems, show_report
from dashboard.components.lab_place import REFUSED, SAID
from dashboard.components.times import away
from dashboard.session import Here

EVERY = "1s"
SLOW_SECONDS = 20
DONE = "lab-import-done"
"""The import that this person started in this session: its report is open."""
STAYS = "What came in before stays; bringing the file in again does the rest and doubles nothing."


def show_going(here: Here, import_id: int) -> None:
    st.fragment(_watch, run_every=EVERY)(here, import_id)


def _watch(here: Here, import_id: int) -> None:
    found = imports.newest(here.database, here.actor, here.the_project.id)
    if found is None or found.id != import_id or found.job.final:
        if found is not None and found.job.status == "finished" and found.report is not None:
            st.session_state[SAID] = report_sentence(found.report)
        st.rerun()
    with st.container(border=True, key="lab-import-going"):
        name, who = plain.label(found.name or "A file"), plain.label(found.actor)
        st.markdown(f"**{name}** is on its way in, brought by {who}.")
        _show_progress(found)
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key="lab-import-cancel",
            disabled=found.job.cancel_requested,
            help="Calls that came in already stay.",
            on_click=_cancel,
            args=(here, import_id),
        )


def _cancel(here: Here, import_id: int) -> None:
    """As a callback: the fragment draws itself anew each second, and must not lose the click."""
    try:
        imports.cancel(here.database, here.actor, import_id)
    except PlumblineError as error:
        st.session_state[REFUSED] = str(error)


def _show_progress(found: ImportView) -> None:
    job = found.job
    share = min(1.0, job.calls_done / job.calls_expected) if job.calls_expected else 0.0
    if job.cancel_requested:
        words = "Stopping…"
    elif job.status == "queued":
        words = "Waiting for a worker…"
    else:
        words = f"{job.stage or 'Beginning'}: {share:.0%} of {found.rows:,} rows"
    st.progress(share, text=words)
    if (found.waits_seconds or 0) > SLOW_SECONDS:
        st.caption(
            "No worker has taken it yet. It starts by itself once one runs; the page Status says more."
        )


def show_last(found: ImportView) -> None:
    """What became of the last file: open for who brought it, folded for everybody else."""
    if st.session_state.get(DONE) == found.id:
        with st.container(border=True, key="lab-import-done-box"):
            _show_end(found)
            st.button(
                "Look at the calls",
                icon=":material/arrow_forward:",
                key="lab-import-look",
                on_click=lab_place.move,
                kwargs={"part": lab_place.ROWS},
            )
        return
    words = f"The last file: {plain.short(found.name or 'without a name')}, {away(found.created_at)}"
    with st.expander(words, icon=":material/history:"):
        st.caption(plain.label(f"Brought in by {found.actor}."))
        _show_end(found)


def _show_end(found: ImportView) -> None:
    if found.job.status == "failed":
        st.error(f"It could not come in: {plain.label(found.job.error)}", icon=":material/error:")
    elif found.job.status == "cancelled":
        st.warning(f"It was cancelled. {STAYS}", icon=":material/block:")
    if found.report is not None:
        show_report(found.report)
        show_problems(found.report)
