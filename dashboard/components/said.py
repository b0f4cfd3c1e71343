"""A sentence that outlives one rerun: said once, at the top of its page, after what it is about."""

from __future__ import annotations

import streamlit as st

from dashboard.components import plain


def say(page: str, sentence: str) -> None:
    """Keep a sentence for the next rerun of a page; it may hold user text."""
    st.session_state[f"{page}-said"] = sentence


def show_said(page: str) -> None:
    sentence = st.session_state.pop(f"{page}-said", None)
    if sentence:
        st.success(plain.label(sentence), icon=":material/check_circle:")
