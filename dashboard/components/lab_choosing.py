"""Calls chosen one by one in the list, over its pages, for an evaluation."""

from __future__ import annotations

import streamlit as st

from core.lab import RowView
from dashboard.components import plain

CHOSEN = "lab-chosen"
CLEARED = "lab-chosen-cleared"


def chosen_rows(metric_id: int) -> tuple[int, ...]:
    """Review ids, in the order of the Lab."""
    return tuple(sorted(_chosen(metric_id)))


def choose_none(metric_id: int) -> None:
    """The boxes get new keys, since a widget keeps what it was set to."""
    _chosen(metric_id).clear()
    st.session_state[CLEARED] = _cleared() + 1


def show_choice(metric_id: int, row: RowView) -> None:
    key = f"lab-choose-{row.review_id}-{_cleared()}"
    st.checkbox(
        plain.short(f"Choose {row.external_id}"),
        row.review_id in _chosen(metric_id),
        key=key,
        on_change=_change,
        args=(metric_id, row.review_id, key),
        label_visibility="collapsed",
        width="content",
    )


def _change(metric_id: int, review_id: int, key: str) -> None:
    if st.session_state[key]:
        _chosen(metric_id).add(review_id)
    else:
        _chosen(metric_id).discard(review_id)


def _chosen(metric_id: int) -> set[int]:
    found: set[int] = st.session_state.setdefault(f"{CHOSEN}-{metric_id}", set())
    return found


def _cleared() -> int:
    """How often all were let go in this browser session."""
    count: int = st.session_state.get(CLEARED, 0)
    return count
