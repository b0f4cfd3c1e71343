"""Make a project: the first thing on a new installation."""

from __future__ import annotations

import streamlit as st

from core import accounts
from core.accounts import MAX_NAME
from core.cron import zones
from dashboard import session
from dashboard.components import said
from dashboard.components.links import show_link
from dashboard.session import Here

WELCOME = (
    "A project owns metrics, calls, labels and schedules. Name it after the agent or the team whose calls "
    "are scored; you are its first admin."
)


def show_first_project(here: Here) -> None:
    st.title("Make your first project", anchor=False)
    st.markdown(WELCOME)
    _show_form(here)


def show_another_project(here: Here) -> None:
    show_link("settings", "Back to the settings", icon="arrow_back")
    st.subheader("New project", anchor=False)
    _show_form(here)


def _show_form(here: Here) -> None:
    with st.form("settings-new", width=640):
        name = st.text_input("Name", max_chars=MAX_NAME, key="settings-new-name", placeholder="Voice line")
        names = zones()
        timezone = st.selectbox(
            "Default timezone",
            names,
            index=names.index(_visitors_zone(names)),
            help="For new schedules and for the times on the pages. It can be changed later.",
            key="settings-new-zone",
        )
        pressed = st.form_submit_button("Make the project", type="primary", key="settings-new-make")
    if pressed:
        with session.saying_refusals():
            made = accounts.add_project(here.database, here.actor, name, str(timezone))
            said.say("settings", f"“{made.name}” is there. Next: make a metric under Metrics.")
            session.go("settings", project=made.id)


def _visitors_zone(names: list[str]) -> str:
    """What the visitor's browser says, where it is a place of the list."""
    said_zone = st.context.timezone
    return said_zone if said_zone in names else "UTC"
