"""What a person says of a row: agree, the right value, N/A, a note. Each button saves at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.judging.values import MAX_RATING, possible_values
from core.lab import OpenRow
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType
from dashboard.components import plain
from dashboard.components.lab_saving import (
    note_key,
    save_answer,
    save_note,
    save_number,
    take_back,
    unsaved_note,
)
from dashboard.session import Here

RIGHT = "What would be right?"
RATINGS = tuple(str(number) for number in range(MAX_RATING + 1))
MOST_KEYS = 9


@dataclass(frozen=True, slots=True)
class Answer:
    """A button that labels the row with a value."""

    value: str
    words: str
    icon: str
    shortcut: str | None


def answers(settings: EvalSettings, actual: str | None) -> list[Answer]:
    """The buttons of a row: agreeing first where there is a verdict, every other value, N/A last."""
    offered = RATINGS if settings.eval_type is EvalType.RATING else possible_values(settings)
    others = [value for value in (*offered, NOT_APPLICABLE) if value != actual]
    disagree = "Disagree: " if actual is not None and settings.eval_type is not EvalType.RATING else ""
    found = [Answer(actual, f"Agree: {actual}", "check", "A")] if actual is not None else []
    for number, value in enumerate(others, 1):
        icon = "block" if value == NOT_APPLICABLE else "edit" if actual is not None else "label"
        found.append(Answer(value, disagree + value, icon, _shortcut(settings, actual, value, number)))
    return found


def keys_help(settings: EvalSettings) -> str:
    """The keyboard in one sentence."""
    others = {
        EvalType.BINARY: "D disagree (T or F where the judge said nothing)",
        EvalType.RATING: "0–5 another rating, S save the number",
        EvalType.NUMERIC: "S save the number",
        EvalType.ENUM: "1–9 another value",
    }[settings.eval_type]
    return (
        f"Keys: A agree, {others}, X N/A, U take the label back, Z undo, P previous, N next, B back to the "
        "list; J and K read on in a long call. Where somebody was faster: O theirs, M mine."
    )


def show_label_form(here: Here, opened: OpenRow, *, by_keys: bool) -> None:
    """Without keys while there is a choice to make first: one pressed by habit would make it unread.

    No `st.form`: it would keep the note in the browser, and a button outside, such as Next, would lose it.
    """
    row = opened.row
    st.text_area(
        "Note",
        row.note,
        key=note_key(row),
        height=96,
        placeholder="Why? The optimiser learns from this sentence.",
        disabled=not opened.may_label,
    )
    _show_number(here, opened, by_keys)
    with st.container(horizontal=True, key="lab-answers"):
        for number, answer in enumerate(answers(opened.settings, row.actual)):
            _show_answer(here, opened, answer if by_keys else replace(answer, shortcut=None), number)
    with st.container(horizontal=True, key="lab-lesser"):
        _show_lesser(here, opened, by_keys)


def _show_answer(here: Here, opened: OpenRow, answer: Answer, number: int) -> None:
    st.button(
        plain.short(answer.words),
        key=_key(f"lab-answer-{number}", opened),
        icon=f":material/{answer.icon}:",
        type="primary" if answer.value == opened.row.expected else "secondary",
        shortcut=answer.shortcut,
        disabled=not opened.may_label,
        on_click=save_answer,
        args=(here, opened, answer.value),
    )


def _show_number(here: Here, opened: OpenRow, by_keys: bool) -> None:
    """A number to type, where any number may be right."""
    settings, row = opened.settings, opened.row
    if settings.eval_type not in (EvalType.RATING, EvalType.NUMERIC):
        return
    rating = settings.eval_type is EvalType.RATING
    known = row.expected if row.expected not in (None, NOT_APPLICABLE) else None
    key = _key("lab-number", opened)
    st.number_input(
        RIGHT,
        min_value=0.0 if rating else None,
        max_value=float(MAX_RATING) if rating else None,
        value=None if known is None else float(known),
        step=0.5 if rating else 1.0,
        format="%g",
        key=key,
        disabled=not opened.may_label,
    )
    st.button(
        "Save this number",
        key=_key("lab-save-number", opened),
        icon=":material/edit:",
        shortcut="S" if by_keys else None,
        disabled=not opened.may_label,
        on_click=save_number,
        args=(here, opened, key),
    )


def _show_lesser(here: Here, opened: OpenRow, by_keys: bool) -> None:
    st.button(
        "Save the note only",
        key=_key("lab-save-note", opened),
        type="tertiary" if unsaved_note(opened.row) is None else "secondary",
        icon=":material/sticky_note_2:",
        disabled=not opened.may_label,
        on_click=save_note,
        args=(here, opened),
    )
    if opened.row.expected is not None:
        st.button(
            "Take the label back",
            key=_key("lab-unlabel", opened),
            type="tertiary",
            icon=":material/undo:",
            shortcut="U" if by_keys else None,
            disabled=not opened.may_label,
            on_click=take_back,
            args=(here, opened),
        )


def _key(name: str, opened: OpenRow) -> str:
    """It names the row as it was looked at: the second click of two never labels the row that came next, nor
    does a click on its way replace what somebody else said meanwhile."""
    return f"{name}-{opened.row.review_id}-{opened.row.revision}"


def _shortcut(settings: EvalSettings, actual: str | None, value: str, number: int) -> str | None:
    if value == NOT_APPLICABLE:
        return "X"
    if settings.eval_type is EvalType.RATING:
        return value
    if settings.eval_type is EvalType.BINARY:
        return ("D" if actual != NOT_APPLICABLE else None) if actual is not None else value[0].upper()
    return str(number) if number <= MOST_KEYS else None
