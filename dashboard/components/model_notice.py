"""The notice on every page that the judge is no language model."""

from __future__ import annotations

import streamlit as st

from core.settings import Settings

NOTICE = (
    "**The demo model follows written rules, it is no language model.** "
    "Set `LLM_BASE_URL`, `LLM_API_KEY` and `LLM_MODEL` to use one; "
    "*Project settings → Model endpoint* shows and tests it."
)


def show_model_notice(settings: Settings) -> None:
    if settings.demo_model:
        st.info(NOTICE, icon=":material/info:")
