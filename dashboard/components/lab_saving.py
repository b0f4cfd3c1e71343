"""What the buttons of a row do: save at once, lead on, undo, and let nobody overwrite anybody unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from core import lab
from core.db import DatabaseAway
from core.errors import EditedMeanwhile, PlumblineError
from core.lab import ChangeKind, OpenRow, RowView
from core.terms import NOT_APPLICABLE
from dashboard.components import lab_place
from dashboard.components.lab_place import REFUSED, SAID
from dashboard.session import AWAY, Here

CONFLICT = "lab-conflict"
DONE = "lab-done"
LOOKED_AT = "lab-looked-at"
MOST_UNDONE = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to say of a row. `value` is that of a label, `note` None where it stays."""

    kind: ChangeKind
    value: str = ""
    note: str | None = None

    def carry_out(self, here: Here, review_id: int, revision: int) -> int:
        """The row's revision afterwards; raises as the use cases do."""
        database, actor = here.database, here.actor
        if self.kind is ChangeKind.UNLABEL:
            return lab.unlabel(database, actor, review_id, expected_revision=revision)
        if self.kind is ChangeKind.NOTE:
            return lab.note(database, actor, review_id, self.note or "", expected_revision=revision)
        expected = None if self.value == NOT_APPLICABLE else self.value
        return lab.label(database, actor, review_id, expected, self.note, expected_revision=revision)

    def said(self, external_id: str) -> str:
        return {
            ChangeKind.UNLABEL: f"{external_id} is not labelled any more; its note stays.",
            ChangeKind.NOTE: f"Saved the note on {external_id}.",
        }.get(self.kind, f"Saved: {external_id} is {self.value}.")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A wish that met somebody else's change of the row."""

    review_id: int
    wish: Wish


@dataclass(frozen=True, slots=True)
class Done:
    """A change made in this browser session, known by the revision it led to."""

    metric_id: int
    review_id: int
    revision: int
    external_id: str


def look_at(row: RowView) -> None:
    """Keep which state of the row is on the page. What was typed beside an older one waits for a choice:
    somebody else changed the row meanwhile, and the page shows theirs."""
    before: RowView | None = st.session_state.get(LOOKED_AT)
    if before is not None and before.review_id == row.review_id and before.revision != row.revision:
        typed = unsaved_note(before)
        if typed is not None:
            st.session_state[CONFLICT] = Conflict(row.review_id, Wish(ChangeKind.NOTE, note=typed))
    st.session_state[LOOKED_AT] = row


def note_key(row: RowView) -> str:
    """Where the session state has the note as typed beside this state of the row."""
    return f"lab-note-{row.review_id}-{row.revision}"


def unsaved_note(row: RowView) -> str | None:
    """The note as typed, None where it is the row's own."""
    typed: str | None = st.session_state.get(note_key(row))
    return None if typed == row.note else typed


def save_answer(here: Here, opened: OpenRow, value: str) -> None:
    """Callbacks carry the row as it was when the button was drawn: its revision is the one looked at."""
    _save(here, opened, Wish(ChangeKind.LABEL, value, st.session_state[note_key(opened.row)]))


def save_number(here: Here, opened: OpenRow, number_key: str) -> None:
    number = st.session_state[number_key]
    if number is None:
        st.session_state[REFUSED] = "Type the number that would be right first."
        return
    save_answer(here, opened, f"{number:g}" if number == int(number) else repr(number))


def save_note(here: Here, opened: OpenRow) -> None:
    _save(here, opened, Wish(ChangeKind.NOTE, note=st.session_state[note_key(opened.row)]))


def leave(here: Here, opened: OpenRow, review_id: int | None) -> None:
    """Go to another row, or None for the list, with the note saved; where that fails, stay and say why."""
    typed = unsaved_note(opened.row)
    if typed is None or not opened.may_label or _save(here, opened, Wish(ChangeKind.NOTE, note=typed)):
        lab_place.move(review=review_id)


def take_back(here: Here, opened: OpenRow) -> None:
    _save(here, opened, Wish(ChangeKind.UNLABEL))


def save_mine(here: Here, opened: OpenRow, wish: Wish) -> None:
    """After a conflict, over what the other one said and this person has seen now."""
    st.session_state.pop(CONFLICT, None)
    _save(here, opened, wish)


def keep_theirs(opened: OpenRow) -> None:
    st.session_state.pop(CONFLICT, None)
    st.session_state[SAID] = f"{opened.row.external_id} stays as it is."
    _lead_on(opened)


def conflict_of(review_id: int) -> Conflict | None:
    """The conflict that waits for a choice; one of a row that was left is over."""
    found: Conflict | None = st.session_state.get(CONFLICT)
    if found is not None and found.review_id != review_id:
        del st.session_state[CONFLICT]
        return None
    return found


def last_done(metric_id: int) -> Done | None:
    """What *Undo* would take back."""
    done: list[Done] = st.session_state.get(DONE, [])
    return next((each for each in reversed(done) if each.metric_id == metric_id), None)


def undo(here: Here, done: Done) -> None:
    st.session_state.pop(LOOKED_AT, None)
    st.session_state[DONE] = [each for each in st.session_state.get(DONE, []) if each != done]

    def put_back() -> None:
        lab.undo(here.database, here.actor, done.review_id, done.revision)
        st.session_state[SAID] = f"Undone: {done.external_id} is as it was before."

    try:
        refusal = _refused(put_back)
    except EditedMeanwhile:
        refusal = "somebody changed it since; nothing was overwritten."
    if refusal is not None:
        st.session_state[REFUSED] = f"{done.external_id}: {refusal}"
    lab_place.move(review=done.review_id)


def _save(here: Here, opened: OpenRow, wish: Wish) -> bool:
    """Whether it is saved; what hinders is left for the rerun to say."""
    row = opened.row
    st.session_state.pop(LOOKED_AT, None)

    def carry_out() -> None:
        revision = wish.carry_out(here, row.review_id, row.revision)
        if revision != row.revision:
            _remember(Done(opened.metric_id, row.review_id, revision, row.external_id))
        st.session_state[SAID] = wish.said(row.external_id)
        if wish.kind is ChangeKind.LABEL:
            _lead_on(opened)

    try:
        refusal = _refused(carry_out)
    except EditedMeanwhile:
        st.session_state[CONFLICT] = Conflict(row.review_id, _only_what_is_new(wish, row.note))
        return False
    if refusal is not None:
        st.session_state[REFUSED] = refusal
    return refusal is None


def _only_what_is_new(wish: Wish, note_shown: str) -> Wish:
    """A note that was only looked at is not held against the one somebody else wrote."""
    return replace(wish, note=None) if wish.note == note_shown else wish


def _lead_on(opened: OpenRow) -> None:
    lab_place.move(review=opened.place.next_id)
    if opened.place.next_id is None:
        st.session_state[SAID] += " That was the last one here."


def _remember(done: Done) -> None:
    st.session_state[DONE] = [*st.session_state.get(DONE, []), done][-MOST_UNDONE:]


def _refused(act: Callable[[], None]) -> str | None:
    """Why nothing was done, in one sentence; None where it was. A conflict is the caller's to show."""
    try:
        act()
    except EditedMeanwhile:
        raise
    except PlumblineError as error:
        return str(error)
    except DatabaseAway:
        return AWAY
    return None
