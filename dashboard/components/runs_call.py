"""A call in a dialog: the transcript behind a row of a result."""

from __future__ import annotations

import streamlit as st

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
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain.short(call.external_id)}** · {call.transcript.turns:,} turns", width="content"
            )
            st.space("stretch")
            show_link("lab", "Open in the Lab", icon="science", metric=call.metric_id, review=review_id)
        show_transcript(call.transcript)
