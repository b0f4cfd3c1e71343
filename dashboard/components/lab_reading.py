"""The transcript of an open row: a stretch of it at a time, and the turns that hold some words."""

from __future__ import annotations

import streamlit as st

from core.lab import Window
from dashboard.components import lab_place, plain
from dashboard.components.lab_transcript import HEIGHT, STYLE, window_html


def show_reading(found: Window) -> None:
    st.text_input(
        "Find in this call",
        placeholder="Find in this call",
        type="search",
        key=lab_place.follow("find", found.words),
        on_change=lab_place.lead,
        args=("find",),
        max_chars=200,
        label_visibility="collapsed",
    )
    if said := reading_words(found):
        st.caption(said)
    if not found.turns:
        return
    # Another key for another stretch: the box then begins at its top again.
    with st.container(border=True, height=HEIGHT, key=f"lab-transcript-{found.turns[0].number}"):
        st.html(STYLE + window_html(found))
    _show_ways(found)


def reading_words(found: Window) -> str:
    """Which turns these are; nothing where they are all there are."""
    if found.found == 0:
        return f"No turn of this call holds “{plain.short(found.words)}”."
    every = found.earlier is None and found.later is None
    stretch = ""
    if not every:
        stretch = f"Turns {found.turns[0].number:,}–{found.turns[-1].number:,} of {found.total:,}. "
    if found.found is None:
        return stretch.strip()
    hold = "turn holds" if found.found == 1 else "turns hold"
    return f"{stretch}{found.found:,} {hold} “{plain.short(found.words)}”, shown with the turns beside them."


def _show_ways(found: Window) -> None:
    if found.earlier is None and found.later is None:
        return
    with st.container(horizontal=True, key="lab-reading-ways"):
        _way("Earlier", "expand_less", "J", found.earlier)
        _way("Later", "expand_more", "K", found.later)


def _way(words: str, icon: str, shortcut: str, at: int | None) -> None:
    st.button(
        words,
        key=f"lab-reading-{words.lower()}",
        icon=f":material/{icon}:",
        shortcut=shortcut,
        disabled=at is None,
        on_click=lab_place.move,
        kwargs={"at": at or None},
    )
