"""What a trial on the labels came to: both scores, and the rows it fixed and broke."""

from __future__ import annotations

import streamlit as st

from core import trials
from core.judging.changes import RowChange
from core.terms import Score
from core.trials import TrialRowView, TrialView
from core.trials.views import PAGE
from dashboard.components import paging, plain, runs_call
from dashboard.components.scores import RANGES, change_text, likely_words
from dashboard.components.verdicts import show_verdict
from dashboard.session import Here

NOTE = 600
KINDS = (
    (RowChange.FIXED, "Fixed", "green", "check_circle", "No row comes to agree."),
    (RowChange.BROKEN, "Broken", "red", "cancel", "No row ceases to agree."),
)


def show_trial_scores(trial: TrialView, what: str) -> None:
    """“Live prompt 12 of 40, this edit 15 of 40”, as cards; `what` names the definition that was tried."""
    with st.grid(3, min_column_width=140, key=f"trial-scores-{trial.id}"):
        _show_score("Live prompt", trial.baseline)
        _show_score(what, trial.tried)
        with st.container(border=True, height="stretch", gap=None):
            st.metric("Change", _rows(trial.baseline, trial.tried))
            fixed, broken = (trial.changes.get(kind, 0) for kind in (RowChange.FIXED, RowChange.BROKEN))
            st.markdown(f":small[:green[{fixed} fixed] · :red[{broken} broken]]")


def show_trial_rows(here: Here, trial: TrialView) -> None:
    """Fixed and broken side by side, each opening its call."""
    columns = st.columns(2, gap="medium")
    for column, (change, title, color, icon, none) in zip(columns, KINDS, strict=True):
        with column:
            count = trial.changes.get(change, 0)
            st.markdown(f"#### :{color}[:material/{icon}:] {title} ({count})")
            if not count:
                st.caption(none)
                continue
            name = f"{change.name.lower()}{trial.id}"
            number = paging.nearest_page(count, PAGE, name)
            offset = (number - 1) * PAGE
            for row in trials.trial_rows(here.database, here.actor, trial.id, [change], offset=offset):
                _show_row(here, trial, row)
            paging.show_pages(count, PAGE, number, f"runs-page-{name}", name)


def _show_score(title: str, score: Score | None) -> None:
    with st.container(border=True, height="stretch", gap=None):
        st.metric(title, f"{score.correct} of {score.total}" if score else "—")
        if score and score.total:
            st.caption(f"labels agree, {likely_words(score)}", help=RANGES)
        if score and score.not_judged:
            st.caption(f":orange[{score.not_judged} not judged]")


def _rows(before: Score | None, after: Score | None) -> str:
    words = change_text(before, after)
    return words.split(" (")[0] if words else "—"


def _show_row(here: Here, trial: TrialView, row: TrialRowView) -> None:
    with st.container(border=True, key=f"trial-row-{row.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            runs_call.show_opener(here, trial.id, row.id, row.external_id)
            plain.badge(f"label: {row.expected or ''}", "gray")
        show_verdict("Live", row.before, agrees=row.change is RowChange.BROKEN)
        show_verdict("Edited", row.after, agrees=row.change is RowChange.FIXED)
        if row.note:
            st.caption(f":material/sticky_note_2: {plain.label(row.note, NOTE)}")
