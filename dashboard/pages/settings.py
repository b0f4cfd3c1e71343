"""Project settings: make a project; its name, schedules, members, endpoint, tokens, mail and webhooks."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.components import (
    said,
    settings_endpoint,
    settings_general,
    settings_mail,
    settings_members,
    settings_new,
    settings_tokens,
    settings_webhooks,
)
from dashboard.components.links import show_link_style

SECTIONS = {
    "general": ("General", "tune", settings_general.show_general),
    "members": ("Members", "group", settings_members.show_members),
    "endpoint": ("Model endpoint", "hub", settings_endpoint.show_endpoint),
    "tokens": ("API tokens", "key", settings_tokens.show_tokens),
    "mail": ("Mail", "mail", settings_mail.show_mail),
    "webhooks": ("Webhooks", "webhook", settings_webhooks.show_webhooks),
}
FIRST = "general"
PARAMETER = "section"


def show_page() -> None:
    here = session.here()
    if here.project is None:
        settings_new.show_first_project(here)
        return
    show_link_style()
    st.title("Project settings", anchor=False)
    said.show_said("settings")
    if "new" in st.query_params:
        settings_new.show_another_project(here)
        return
    _, _, show = SECTIONS[_section()]
    show(here)


def _section() -> str:
    """The address is the state, so that a link opens the right section and Back leaves it."""
    current = st.query_params.get(PARAMETER, FIRST)
    current = current if current in SECTIONS else FIRST
    key = f"settings-section-{current}"
    st.segmented_control(
        "Section",
        list(SECTIONS),
        default=current,
        format_func=lambda name: f":material/{SECTIONS[name][1]}: {SECTIONS[name][0]}",
        required=True,
        label_visibility="collapsed",
        key=key,
        on_change=_open,
        args=(key,),
    )
    return current


def _open(key: str) -> None:
    st.query_params.pop("add", None)
    st.query_params[PARAMETER] = str(st.session_state[key])


with session.saying_refusals():
    show_page()
