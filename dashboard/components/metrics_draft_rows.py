"""The rows that a draft flips, each with both verdicts, and its call one click away."""

from __future__ import annotations

import streamlit as st

from core import trials
from core.judging.changes import RowChange
from core.terms import Verdict
from core.trials import Scope, TrialRowView, TrialView
from dashboard.components import plain
from dashboard.components.lab_transcript import show_transcript
from dashboard.components.verdicts import verdict_words
from dashboard.session import Here

PAGE = 5
EXPLANATION = 400
KINDS = {
    RowChange.FIXED: ("Fixed", "green", "check_circle", "No row comes to agree."),
    RowChange.BROKEN: ("Broken", "red", "cancel", "No row ceases to agree."),
    RowChange.FLIPPED: ("Answered differently", "blue", "swap_horiz", "Every call is answered as before."),
}
OTHERS = {
    RowChange.STILL_WRONG: "still disagree",
    RowChange.AGREES: "agree as before",
    RowChange.SAME: "answered as before",
    RowChange.NOT_JUDGED: "not judged",
}


def show_flips(here: Here, trial: TrialView) -> None:
    if trial.scope is Scope.RECENT:
        _show_kind(here, trial, RowChange.FLIPPED)
    else:
        left, right = st.columns(2, gap="medium")
        with left:
            _show_kind(here, trial, RowChange.FIXED)
        with right:
            _show_kind(here, trial, RowChange.BROKEN)
    rest = [f"{trial.changes[kind]:,} {words}" for kind, words in OTHERS.items() if trial.changes.get(kind)]
    if rest:
        st.caption("The others: " + ", ".join(rest) + ".")


def _show_kind(here: Here, trial: TrialView, change: RowChange) -> None:
    title, color, icon, nothing = KINDS[change]
    count = trial.changes.get(change, 0)
    st.markdown(f"**:{color}[:material/{icon}:] {title} ({count:,})**")
    if not count:
        st.caption(nothing)
        return
    key = f"metrics-draft-{change.name.lower()}-{trial.id}"
    number = int(st.session_state.get(key, 1))
    rows = trials.trial_rows(
        here.database, here.actor, trial.id, [change], offset=(number - 1) * PAGE, limit=PAGE
    )
    for row in rows:
        _show_row(here, trial, row)
    if count > PAGE:
        st.pagination(-(-count // PAGE), key=key, max_visible_pages=5)


def _show_row(here: Here, trial: TrialView, row: TrialRowView) -> None:
    with st.container(border=True, gap="xsmall", key=f"metrics-draft-row-{row.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            opened = st.button(
                plain.short(row.external_id),
                key=f"metrics-draft-call-{row.id}",
                icon=":material/forum:",
                type="tertiary",
                help="Read the call",
            )
            if row.expected is not None:
                st.badge(f"label: {plain.short(row.expected)}", color="gray")
        _show_verdict(f"Version {trial.base_version}", row.before)
        _show_verdict("Draft", row.after)
        if row.note:
            st.caption(f":material/sticky_note_2: {plain.label(row.note, EXPLANATION)}")
    if opened:
        _show_call(here, trial.id, row)


def _show_verdict(who: str, verdict: Verdict | None) -> None:
    why = plain.label(verdict.explanation, EXPLANATION) if verdict and verdict.explanation else ""
    st.markdown(f"{who}: **{verdict_words(verdict)}**{f' — :gray[{why}]' if why else ''}")


@st.dialog("The call", width="large", icon=":material/forum:")
def _show_call(here: Here, trial_id: int, row: TrialRowView) -> None:
    call = trials.trial_call(here.database, here.actor, trial_id, row.id)
    st.caption(plain.label(call.external_id))
    show_transcript(call.transcript)
