"""Try on recent calls: where live and proposed disagree on calls that nobody has labelled yet."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import metrics, runs, trials
from core.errors import Refused
from core.judging.changes import RowChange
from core.judging.values import MAX_RATING, possible_values
from core.runs.result_detail import ResultDetail
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType, Role
from core.trials import Scope, TrialRowView, TrialView
from core.trials.views import PAGE
from dashboard import session
from dashboard.components import paging, plain, runs_call, trial_progress
from dashboard.components.verdicts import show_verdict
from dashboard.session import Here

NOTE_CHARACTERS = 2_000
PAGES = "flips"
ABOUT = (
    "Runs the live and the proposed prompt on the newest calls without a label, and shows only where the "
    "verdict flips. Say who is right: each mark becomes a label in the Lab, for the next run to learn from."
)


def show_try(here: Here, result: ResultDetail) -> None:
    """Nothing where there is no candidate to try, or where its metric is deleted."""
    if result.after is None or result.archived:
        return
    st.subheader("Try on recent calls", anchor=False)
    st.caption(ABOUT)
    proposed = runs.written_candidate(here.database, here.actor, result.id).definition
    last = trials.newest_trial(
        here.database, here.actor, result.metric_id, Scope.RECENT, result_id=result.id, of=proposed
    )
    if last is not None and not last.job.final:
        trial_progress.show_going(here, last)
        return
    if last is not None:
        trial_progress.show_trouble(last)
    _show_start(here, result, again=last is not None)
    if last is not None and last.finished:
        _show_flips(here, last)


def _show_start(here: Here, result: ResultDetail, *, again: bool) -> None:
    try:
        wanted = runs.recent_trial(here.database, here.actor, result.id)
        size = trials.size_of(here.database, here.actor, wanted)
    except Refused as error:
        st.caption(plain.label(str(error)))
        return
    if not size.calls:
        st.caption(
            ":material/inbox: Every call of the project has a label for this metric already. Import new "
            "calls in the Lab to try it on them."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        counted = "1 recent call" if size.calls == 1 else f"{size.calls} recent calls"
        pressed = st.button(
            f"Try {'again ' if again else ''}on {counted}",
            icon=":material/labs:",
            key=f"runs-try-{result.id}",
            disabled=not here.may(Role.EDITOR),
        )
        words = trial_progress.size_words(here, result.metric_id, size)
        st.caption(words if here.may(Role.EDITOR) else "That needs the role editor.", width="content")
    if pressed:
        with session.saying_refusals():
            started = trials.start(here.database, here.actor, wanted)
            trial_progress.push(here, "runs", started)
            st.query_params.pop(PAGES, None)
            st.rerun()


def _show_flips(here: Here, trial: TrialView) -> None:
    flipped, same, missing = (
        trial.changes.get(change, 0) for change in (RowChange.FLIPPED, RowChange.SAME, RowChange.NOT_JUDGED)
    )
    total = flipped + same + missing
    rest = f", {missing} not judged" if missing else ""
    st.markdown(f"**The verdict flips on {flipped} of {total} calls**  :gray[{same} stay as they were{rest}]")
    if trial.outdated:
        st.caption(":material/update: The metric was changed since this was tried.")
    if not flipped:
        st.caption("On these calls it makes no difference which of the two is live.")
        return
    settings = metrics.retrieve(here.database, here.actor, trial.metric_id).settings
    number = paging.nearest_page(flipped, PAGE, PAGES)
    offset = (number - 1) * PAGE
    changes = [RowChange.FLIPPED]
    for row in trials.trial_rows(here.database, here.actor, trial.id, changes, offset=offset):
        _show_flip(here, trial, row, settings)
    paging.show_pages(flipped, PAGE, number, "runs-flips", PAGES)
    st.caption(f":material/receipt_long: {trial_progress.spent_words(trial)}")


def _show_flip(here: Here, trial: TrialView, row: TrialRowView, settings: EvalSettings) -> None:
    with st.container(border=True, key=f"runs-flip-{row.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            runs_call.show_opener(here, trial.id, row.id, row.external_id)
            if row.label is not None:
                st.badge(f"labelled {plain.short(row.label)}", icon=":material/label:", color="green")
        show_verdict("Live", row.before)
        show_verdict("Proposed", row.after)
        if row.note:
            st.caption(f":material/sticky_note_2: {plain.label(row.note)}")
        if here.may(Role.LABELLER):
            _show_marks(here, trial, row, settings)


def _show_marks(here: Here, trial: TrialView, row: TrialRowView, settings: EvalSettings) -> None:
    note = st.text_input(
        "Note",
        key=f"runs-flip-note-{row.id}",
        max_chars=NOTE_CHARACTERS,
        placeholder="Why? A note teaches the next run more than a label alone.",
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for side, verdict in (("Live", row.before), ("Proposed", row.after)):
            value = verdict.value if verdict else None
            if value is None:
                continue
            pressed = st.button(
                f"{side} is right: {plain.short(value)}",
                key=f"runs-flip-{side.lower()}-{row.id}",
                icon=":material/check:",
                type="primary" if row.label == value else "secondary",
            )
            if pressed:
                _mark(here, trial, row, value, note)
        with st.popover("Neither", key=f"runs-flip-neither-{row.id}"):
            other = _ask_other(row, settings)
            if st.button("Save as the label", key=f"runs-flip-save-{row.id}", disabled=other is None):
                _mark(here, trial, row, other, note)


def _ask_other(row: TrialRowView, settings: EvalSettings) -> Any:
    said = {verdict.value for verdict in (row.before, row.after) if verdict}
    if settings.eval_type in (EvalType.RATING, EvalType.NUMERIC):
        return _ask_number(row, settings)
    values = [value for value in (*possible_values(settings), NOT_APPLICABLE) if value not in said]
    return st.selectbox(
        "What would be right?",
        values,
        index=0 if len(values) == 1 else None,
        format_func=plain.option,
        key=f"runs-flip-value-{row.id}",
    )


def _ask_number(row: TrialRowView, settings: EvalSettings) -> Any:
    rating = settings.eval_type is EvalType.RATING
    if st.checkbox("It does not apply (N/A)", key=f"runs-flip-none-{row.id}"):
        return NOT_APPLICABLE
    return st.number_input(
        "What would be right?",
        min_value=0.0 if rating else None,
        max_value=float(MAX_RATING) if rating else None,
        value=None,
        key=f"runs-flip-number-{row.id}",
    )


def _mark(here: Here, trial: TrialView, row: TrialRowView, value: Any, note: str | None) -> None:
    with session.saying_refusals():
        feedback = (note or "").strip() or None
        trials.mark(here.database, here.actor, trial.id, row.id, value, feedback)
        st.rerun()
