"""Say who is right about a call that was tried: each mark is saved as a label of the Lab."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import trials
from core.db import DatabaseAway
from core.errors import PlumblineError
from core.judging.values import MAX_RATING, possible_values
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType
from core.trials import TrialRowView, TrialView
from dashboard.components import plain
from dashboard.session import AWAY, Here

NOTE_CHARACTERS = 2_000
REFUSED = "runs-mark-refused"
RIGHT = "What would be right?"
NUMBERS = (EvalType.RATING, EvalType.NUMERIC)


def show_marks(here: Here, trial: TrialView, row: TrialRowView, settings: EvalSettings) -> None:
    _say_refusal(row)
    st.text_input(
        "Note",
        key=_key(row, "note"),
        max_chars=NOTE_CHARACTERS,
        placeholder="Why? A note teaches the next run more than a label alone.",
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for side, verdict in (("Live", row.before), ("Proposed", row.after)):
            if verdict is not None and verdict.value is not None:
                _show_side(here, trial, row, side, verdict.value)
        with st.popover("Neither", key=_key(row, "neither")):
            _ask_other(row, settings)
            st.button(
                "Save as the label",
                key=_key(row, "save"),
                disabled=_other(row, settings) is None,
                on_click=_mark_other,
                args=(here, trial, row, settings),
            )


def _show_side(here: Here, trial: TrialView, row: TrialRowView, side: str, value: str) -> None:
    """The callback carries the row as it was when the button was drawn: its revision is the one looked at."""
    st.button(
        f"{side} is right: {plain.short(value)}",
        key=_key(row, side.lower()),
        icon=":material/check:",
        type="primary" if row.label == value else "secondary",
        on_click=_mark,
        args=(here, trial, row, value),
    )


def _ask_other(row: TrialRowView, settings: EvalSettings) -> None:
    if settings.eval_type in NUMBERS:
        _ask_number(row, settings)
        return
    said = {verdict.value for verdict in (row.before, row.after) if verdict}
    values = [value for value in (*possible_values(settings), NOT_APPLICABLE) if value not in said]
    st.selectbox(
        RIGHT,
        values,
        index=0 if len(values) == 1 else None,
        format_func=plain.option,
        key=_key(row, "value"),
    )


def _ask_number(row: TrialRowView, settings: EvalSettings) -> None:
    rating = settings.eval_type is EvalType.RATING
    if st.checkbox("It does not apply (N/A)", key=_key(row, "none")):
        return
    st.number_input(
        RIGHT,
        min_value=0.0 if rating else None,
        max_value=float(MAX_RATING) if rating else None,
        value=None,
        key=_key(row, "number"),
    )


def _other(row: TrialRowView, settings: EvalSettings) -> Any:
    """What was chosen instead of both; None while nothing is."""
    if settings.eval_type not in NUMBERS:
        return st.session_state.get(_key(row, "value"))
    if st.session_state.get(_key(row, "none")):
        return NOT_APPLICABLE
    return st.session_state.get(_key(row, "number"))


def _mark_other(here: Here, trial: TrialView, row: TrialRowView, settings: EvalSettings) -> None:
    _mark(here, trial, row, _other(row, settings))


def _mark(here: Here, trial: TrialView, row: TrialRowView, value: Any) -> None:
    note = (st.session_state.get(_key(row, "note")) or "").strip() or None
    try:
        trials.mark(here.database, here.actor, trial.id, row.id, value, note, seen=row.revision)
    except PlumblineError as error:
        st.session_state[REFUSED] = (row.id, str(error))
    except DatabaseAway:
        st.session_state[REFUSED] = (row.id, AWAY)


def _say_refusal(row: TrialRowView) -> None:
    """Beside the row that was marked: what somebody else said meanwhile, or why it is no label."""
    row_id, sentence = st.session_state.get(REFUSED, (None, ""))
    if row_id == row.id:
        del st.session_state[REFUSED]
        st.error(plain.label(sentence), icon=":material/block:")


def _key(row: TrialRowView, part: str) -> str:
    return f"runs-flip-{part}-{row.id}"
