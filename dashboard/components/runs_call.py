"""A call in a dialog: the transcript behind a row of a result or of a trial."""

from __future__ import annotations

import streamlit as st

from core import trials
from core.lab.excerpts import Excerpt
from core.runs.result_rows import row_call
from dashboard import session
from dashboard.components import plain
from dashboard.components.lab_transcript import show_transcript
from dashboard.components.links import show_link
from dashboard.session import Here


@st.dialog("Call", width="medium", icon=":material/forum:")
def show_call(here: Here, result_id: int, review_id: int) -> None:
    with session.saying_refusals():
        call = row_call(here.database, here.actor, result_id, review_id)
        _show(call.metric_id, review_id, call.external_id, call.transcript)


@st.dialog("Call", width="medium", icon=":material/forum:")
def show_trial_call(here: Here, trial_id: int, row_id: int) -> None:
    with session.saying_refusals():
        call = trials.trial_call(here.database, here.actor, trial_id, row_id)
        _show(call.metric_id, call.review_id, call.external_id, call.transcript)


def show_opener(here: Here, trial_id: int, row_id: int, external_id: str) -> None:
    """The name of a call, which opens it."""
    opened = st.button(
        plain.short(external_id),
        key=f"trial-call-{row_id}",
        icon=":material/forum:",
        type="tertiary",
        help="Read the call",
    )
    if opened:
        show_trial_call(here, trial_id, row_id)


def _show(metric_id: int, review_id: int | None, external_id: str, transcript: Excerpt) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain.short(external_id)}** · {transcript.turns:,} turns", width="content")
        st.space("stretch")
        if review_id is not None:
            show_link("lab", "Open in the Lab", icon="science", metric=metric_id, review=review_id)
    show_transcript(transcript)
