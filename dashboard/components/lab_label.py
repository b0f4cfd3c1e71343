"""What a person says of a row: agree, the right value, N/A, a note. Each button saves at once."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import lab
from core.db import DatabaseAway
from core.errors import EditedMeanwhile, PlumblineError
from core.judging.values import MAX_RATING, possible_values
from core.lab import OpenRow
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType
from dashboard.components import lab_place, plain
from dashboard.components.lab_place import DRAFT, REFUSED, SAID
from dashboard.session import Here

AWAY = "The database does not answer right now. Nothing was changed; try again in a moment."
RIGHT = "What would be right?"
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
    others = [value for value in (*possible_values(settings), NOT_APPLICABLE) if value != actual]
    disagree = "Disagree: " if actual is not None else ""
    found = [Answer(actual, f"Agree: {actual}", "check", "A")] if actual is not None else []
    for number, value in enumerate(others, 1):
        icon = "block" if value == NOT_APPLICABLE else "edit" if actual is not None else "label"
        found.append(Answer(value, disagree + value, icon, _shortcut(settings, actual, value, number)))
    return found


def keys_help(settings: EvalSettings) -> str:
    """The keyboard in one sentence."""
    others = "D disagree" if settings.eval_type is EvalType.BINARY else "1–9 another value"
    if settings.eval_type in (EvalType.RATING, EvalType.NUMERIC):
        others = "S save the number"
    return f"Keys: A agree, {others}, X N/A, U take the label back, P previous, N next, B back to the list."


def show_label_form(here: Here, opened: OpenRow) -> None:
    row = opened.row
    key = f"lab-note-{row.review_id}-{row.revision}"
    with st.form(f"lab-label-{row.review_id}-{row.revision}", enter_to_submit=False, border=False):
        st.text_area(
            "Note",
            row.note,
            key=key,
            height=96,
            placeholder="Why? The optimiser learns from this sentence.",
            disabled=not opened.may_label,
        )
        _show_number(here, opened, key)
        with st.container(horizontal=True, key="lab-answers"):
            for number, answer in enumerate(answers(opened.settings, row.actual)):
                _show_answer(here, opened, answer, number, key)
        with st.container(horizontal=True, key="lab-lesser"):
            _show_lesser(here, opened, key)


def _show_answer(here: Here, opened: OpenRow, answer: Answer, number: int, note_key: str) -> None:
    """The key names the row, so that the second click of two never labels the row that came next."""
    st.form_submit_button(
        plain.short(answer.words),
        key=f"lab-answer-{opened.row.review_id}-{number}",
        icon=f":material/{answer.icon}:",
        type="primary" if answer.value == opened.row.expected else "secondary",
        shortcut=answer.shortcut,
        disabled=not opened.may_label,
        on_click=_save,
        args=(here, opened, answer.value, note_key),
    )


def _show_number(here: Here, opened: OpenRow, note_key: str) -> None:
    """A number to type, where any number may be right."""
    settings, row = opened.settings, opened.row
    if settings.eval_type not in (EvalType.RATING, EvalType.NUMERIC):
        return
    rating = settings.eval_type is EvalType.RATING
    known = row.expected if row.expected not in (None, NOT_APPLICABLE) else None
    key = f"lab-number-{row.review_id}-{row.revision}"
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
    st.form_submit_button(
        "Save this number",
        key="lab-save-number",
        icon=":material/edit:",
        shortcut="S",
        disabled=not opened.may_label,
        on_click=_save_number,
        args=(here, opened, key, note_key),
    )


def _show_lesser(here: Here, opened: OpenRow, note_key: str) -> None:
    st.form_submit_button(
        "Save the note only",
        key="lab-save-note",
        type="tertiary",
        icon=":material/sticky_note_2:",
        disabled=not opened.may_label,
        on_click=_save_note,
        args=(here, opened, note_key),
    )
    if opened.row.expected is not None:
        st.form_submit_button(
            "Take the label back",
            key="lab-unlabel",
            type="tertiary",
            icon=":material/undo:",
            shortcut="U",
            disabled=not opened.may_label,
            on_click=_unlabel,
            args=(here, opened),
        )


def _save(here: Here, opened: OpenRow, value: str, note_key: str) -> None:
    """Callbacks carry the row as it was when the button was drawn: its revision is the one looked at."""
    with _Saving(opened, st.session_state[note_key]) as saving:
        expected = None if value == NOT_APPLICABLE else value
        row = opened.row
        lab.label(
            here.database, here.actor, row.review_id, expected, saving.note, expected_revision=row.revision
        )
        st.session_state[SAID] = f"Saved: {row.external_id} is {value}."
        _next(opened)


def _save_number(here: Here, opened: OpenRow, number_key: str, note_key: str) -> None:
    number = st.session_state[number_key]
    if number is None:
        st.session_state[REFUSED] = "Type the number that would be right first."
        return
    _save(here, opened, f"{number:g}" if number == int(number) else repr(number), note_key)


def _save_note(here: Here, opened: OpenRow, note_key: str) -> None:
    with _Saving(opened, st.session_state[note_key]) as saving:
        row = opened.row
        lab.note(here.database, here.actor, row.review_id, saving.note, expected_revision=row.revision)
        st.session_state[SAID] = f"Saved the note on {row.external_id}."


def _unlabel(here: Here, opened: OpenRow) -> None:
    with _Saving(opened, ""):
        row = opened.row
        lab.unlabel(here.database, here.actor, row.review_id, expected_revision=row.revision)
        st.session_state[SAID] = f"{row.external_id} is not labelled any more; its note stays."


def _next(opened: OpenRow) -> None:
    lab_place.move(review=opened.place.next_id)
    if opened.place.next_id is None:
        st.session_state[SAID] += " That was the last one here."


class _Saving:
    """Turns a refusal into what the next rerun says; a note that was not saved is not lost either."""

    def __init__(self, opened: OpenRow, note: str) -> None:
        self.opened, self.note = opened, note

    def __enter__(self) -> _Saving:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, (PlumblineError, DatabaseAway)):
            return False
        st.session_state[REFUSED] = str(error) if isinstance(error, PlumblineError) else AWAY
        if isinstance(error, EditedMeanwhile) and self.note != self.opened.row.note:
            st.session_state[DRAFT] = self.note
        return True


def _shortcut(settings: EvalSettings, actual: str | None, value: str, number: int) -> str | None:
    if value == NOT_APPLICABLE:
        return "X"
    if settings.eval_type is EvalType.BINARY:
        return ("D" if actual != NOT_APPLICABLE else None) if actual is not None else value[0].upper()
    return str(number) if number <= MOST_KEYS else None
