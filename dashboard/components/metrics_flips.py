"""Calls without a label that a draft answers differently from the live version."""

from __future__ import annotations

import streamlit as st

from core import trials
from core.judging.changes import RowChange
from core.trials import TrialRowView, TrialView
from core.trials.views import PAGE
from dashboard.components import paging, runs_call
from dashboard.components.verdicts import show_verdict
from dashboard.session import Here


def show_flips(here: Here, trial: TrialView) -> None:
    flipped, same, missing = (
        trial.changes.get(change, 0) for change in (RowChange.FLIPPED, RowChange.SAME, RowChange.NOT_JUDGED)
    )
    rest = f", {missing} not judged" if missing else ""
    st.markdown(f"**The verdict flips on {flipped} of {flipped + same + missing} calls**{rest}.")
    name = f"flipped{trial.id}"
    number = paging.nearest_page(flipped, PAGE, name)
    offset = (number - 1) * PAGE
    for row in trials.trial_rows(here.database, here.actor, trial.id, [RowChange.FLIPPED], offset=offset):
        _show_row(here, trial, row)
    paging.show_pages(flipped, PAGE, number, f"metrics-page-{name}", name)


def _show_row(here: Here, trial: TrialView, row: TrialRowView) -> None:
    with st.container(border=True, gap="xsmall", key=f"metrics-flip-{row.id}"):
        runs_call.show_opener(here, trial.id, row.id, row.external_id)
        show_verdict(f"Version {trial.base_version}", row.before)
        show_verdict("Draft", row.after)
