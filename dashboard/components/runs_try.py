"""Try on recent calls: where live and proposed disagree on calls that nobody has labelled yet."""

from __future__ import annotations

import streamlit as st

from core import metrics, runs, trials
from core.errors import Refused
from core.judging.changes import RowChange
from core.runs.result_detail import ResultDetail
from core.terms import EvalSettings, Role
from core.trials import Scope, TrialRowView, TrialView
from core.trials.views import PAGE
from dashboard import session
from dashboard.components import paging, plain, runs_call, trial_progress
from dashboard.components.runs_mark import show_marks
from dashboard.components.verdicts import show_verdict
from dashboard.session import Here

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
                plain.badge(f"labelled {row.label}", "green", ":material/label:")
        show_verdict("Live", row.before)
        show_verdict("Proposed", row.after)
        if row.note:
            st.caption(f":material/sticky_note_2: {plain.label(row.note)}")
        if here.may(Role.LABELLER):
            show_marks(here, trial, row, settings)
