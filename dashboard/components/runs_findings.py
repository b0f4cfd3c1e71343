"""What people should look at: labels that contradict each other, and rows that no prompt seems to get."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.runs.findings_view import FoundLimit, FoundNote, FoundRow
from core.runs.result_detail import ResultDetail
from dashboard.components import plain, runs_call
from dashboard.components.links import show_link
from dashboard.session import Here

SHOWN = 8
NOTE = 300
CONTRADICTIONS = (
    "The same conversation, and labels that disagree: one of them must be wrong. No prompt can satisfy both."
)
UNSTABLE = (
    "Asked twice with the same live prompt, the judge gave two answers. The calls may be borderline, or the "
    "prompt may leave them open."
)
LIMITS = (
    "Wrong under the live prompt and under every rewrite that was tried on them: mislabelled, or more than a "
    "prompt can tell."
)
NOTES = (
    "These notes changed nothing: their rows are as wrong as before. Say in the note what to look for, or "
    "check the label."
)


def show_findings(here: Here, result: ResultDetail) -> None:
    """Nothing where the run found nothing of the kind."""
    if not result.findings:
        return
    st.subheader("Worth a look", anchor=False)
    st.caption("A run never edits a label. What it noticed about them:")
    _show_contradictions(here, result, result.findings.contradictions)
    _show_unstable(here, result, result.findings.unstable)
    _show_limits(here, result, result.findings.limits)
    _show_notes(here, result, result.findings.notes)


def _show_contradictions(here: Here, result: ResultDetail, groups: Sequence[Sequence[FoundRow]]) -> None:
    if not groups:
        return
    with _box(result, "contradictions", "rule", "Contradictory labels", len(groups), CONTRADICTIONS):
        for number, group in enumerate(groups[:SHOWN]):
            with st.container(border=True, gap=None):
                for row in group[:SHOWN]:
                    _show_row(here, result.id, f"contradiction-{number}", row)
        _show_rest(len(groups))
        show_link("lab", "Mend them in the Lab", icon="science", metric=result.metric_id)


def _show_unstable(here: Here, result: ResultDetail, rows: Sequence[FoundRow]) -> None:
    if not rows:
        return
    with _box(result, "unstable", "casino", "Answered differently each time", len(rows), UNSTABLE):
        for row in rows[:SHOWN]:
            _show_row(here, result.id, "unstable", row)
        _show_rest(len(rows))


def _show_limits(here: Here, result: ResultDetail, limits: Sequence[FoundLimit]) -> None:
    if not limits:
        return
    with _box(result, "limits", "block", "At the prompt's limit", len(limits), LIMITS):
        for limit in limits[:SHOWN]:
            _show_row(here, result.id, "limit", limit.row, f"wrong under all {limit.judged} prompts")
            _show_note(limit.row)
        _show_rest(len(limits))


def _show_notes(here: Here, result: ResultDetail, notes: Sequence[FoundNote]) -> None:
    if not notes:
        return
    with _box(result, "notes", "speaker_notes_off", "Notes without effect", len(notes), NOTES):
        for note in notes[:SHOWN]:
            _show_row(here, result.id, "note", note.row)
            _show_note(note.row)
            for rule in note.rules:
                st.caption(f"A rule rests on it and did not reach it: {plain.label(rule, NOTE)}")
        _show_rest(len(notes))


def _box(result: ResultDetail, name: str, icon: str, title: str, count: int, about: str) -> DeltaGenerator:
    box = st.container(border=True, key=f"runs-found-{name}-{result.id}", gap="xsmall")
    with box:
        st.markdown(f"**:material/{icon}: {title} ({count})**")
        st.caption(about)
    return box


def _show_row(here: Here, result_id: int, name: str, row: FoundRow, about: str = "") -> None:
    """`about` is said beside the label."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        opened = st.button(
            plain.short(row.external_id),
            key=f"runs-found-{name}-{result_id}-{row.review_id}",
            icon=":material/forum:",
            type="tertiary",
            help="Read the call",
        )
        plain.badge(f"label: {row.expected}", "gray")
        if about:
            st.caption(about, width="content")
    if opened:
        runs_call.show_call(here, result_id, row.review_id)


def _show_note(row: FoundRow) -> None:
    if row.note:
        st.caption(f":material/sticky_note_2: {plain.label(row.note, NOTE)}")


def _show_rest(count: int) -> None:
    if count > SHOWN:
        st.caption(f"and {count - SHOWN} more")
