"""Who said what of a row and when; and the choice when somebody else said something meanwhile."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.lab import ChangeKind, ChangeView, Mark, OpenRow
from dashboard.components import plain
from dashboard.components.lab_saving import Conflict, Wish, conflict_of, keep_theirs, save_mine
from dashboard.components.lab_words import value_html
from dashboard.components.times import utc, when
from dashboard.session import Here

NOTE_CHARS = 300
DEEDS = {
    ChangeKind.LABEL: "labelled it",
    ChangeKind.NOTE: "changed the note",
    ChangeKind.UNLABEL: "took the label back",
    ChangeKind.UNDO: "undid a change",
    ChangeKind.IMPORT: "imported a label or note",
}
STYLE = """<style>
.pl-changes{list-style:none;margin:0;padding:0;font-size:.875rem;line-height:1.5}
.pl-changes li{padding:.35rem 0;border-bottom:1px solid rgba(128,132,149,.25);overflow-wrap:anywhere}
.pl-changes li:last-child{border:0}
.pl-changes q{quotes:"“" "”";opacity:.85}
</style>"""


def show_history(here: Here, opened: OpenRow) -> None:
    changes = opened.history
    if not changes:
        return
    words = f"History: {len(changes)} change{'s' if len(changes) > 1 else ''}"
    with st.expander(words, icon=":material/history:", key="lab-history"):
        items = "".join(f"<li>{change_html(here, change)}</li>" for change in changes)
        st.html(f'{STYLE}<ul class="pl-changes">{items}</ul>')


def change_html(here: Here, change: ChangeView) -> str:
    """One change as HTML; every text in it is escaped."""
    by = escape(change.by or "Somebody")
    at = f'<span title="{utc(change.at)}">{when(change.at, here.the_project.zone)}</span>'
    return f"<b>{by}</b> {DEEDS[change.kind]}, {at}<br>{_mark(change.before)} → {_mark(change.after)}"


def show_conflict(here: Here, opened: OpenRow) -> bool:
    """What the other one said beside what this person wanted to say; nothing is saved until one is chosen.

    Whether there is such a choice.
    """
    found = conflict_of(opened.row.review_id)
    if found is None:
        return False
    with st.container(border=True, key="lab-conflict"):
        st.error(_met(opened), icon=":material/group:")
        st.html(f"<div>{_theirs(opened)}</div><div><b>You:</b> {_mine(found.wish, opened)}</div>")
        _show_choice(here, opened, found)
    return True


def _show_choice(here: Here, opened: OpenRow, found: Conflict) -> None:
    with st.container(horizontal=True):
        st.button(
            "Keep theirs",
            key="lab-keep-theirs",
            icon=":material/done_all:",
            shortcut="O",
            on_click=keep_theirs,
            args=(opened,),
        )
        st.button(
            "Save mine instead",
            key="lab-save-mine",
            icon=":material/edit:",
            shortcut="M",
            on_click=save_mine,
            args=(here, opened, found.wish),
        )


def _met(opened: OpenRow) -> str:
    last = opened.history[0] if opened.history else None
    by = plain.label(last.by) if last is not None and last.by else "Somebody"
    return f"{by} changed this row while you were looking at it; nothing was overwritten. Which one stays?"


def _theirs(opened: OpenRow) -> str:
    row = opened.row
    last = opened.history[0] if opened.history else None
    by = escape(last.by) if last is not None and last.by else "There now"
    return f"<b>{by}:</b> {_mark(Mark(row.expected, row.note))}"


def _mine(wish: Wish, opened: OpenRow) -> str:
    """What the row would be."""
    note = opened.row.note if wish.note is None else wish.note.strip()
    expected = opened.row.expected
    if wish.kind is ChangeKind.LABEL:
        expected = wish.value
    elif wish.kind is ChangeKind.UNLABEL:
        expected = None
    return _mark(Mark(expected, note))


def _mark(mark: Mark) -> str:
    label = '<span class="pl-none">no label</span>' if mark.expected is None else value_html(mark.expected)
    note = mark.feedback if len(mark.feedback) <= NOTE_CHARS else f"{mark.feedback[:NOTE_CHARS]}…"
    return f"{label} <q>{escape(note)}</q>" if note else label
