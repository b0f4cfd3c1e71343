"""The notice on every page that the judge is no language model."""

from __future__ import annotations

import streamlit as st

from core import endpoints
from dashboard.session import Here

NOTICE = (
    "**Demo model:** it follows written rules and is no language model. "
    "*Project settings → Model endpoint* sets a real one."
)


def show_model_notice(here: Here) -> None:
    if here.settings.demo_model and not _has_own_model(here):
        st.info(NOTICE, icon=":material/info:")


def _has_own_model(here: Here) -> bool:
    return (
        here.project is not None
        and endpoints.endpoint_of(here.database, here.actor, here.project.id) is not None
    )
