"""What every session runs: the frame around the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import streamlit as st

from core.db import DatabaseAway
from dashboard import session, visitor
from dashboard.components.bell import show_bell
from dashboard.components.look import show_look
from dashboard.components.model_notice import show_model_notice
from dashboard.components.person import show_password_notice, show_person
from dashboard.session import Here

ICON = Path(__file__).parents[1] / "static" / "plumbline.png"

NAME_CHARACTERS = 60

SECTIONS = {
    "": [("overview", "Overview", "home"), ("trends", "Trends", "show_chart")],
    "Build": [("metrics", "Metrics", "gavel"), ("lab", "Lab", "science")],
    "Automate": [
        ("schedules", "Schedules", "schedule"),
        ("runs", "Runs", "history"),
        ("emails", "Emails", "mail"),
        ("routine", "Claude Code", "terminal"),
    ],
    "Manage": [
        ("settings", "Project settings", "settings"),
        ("audit", "Audit", "manage_search"),
        ("status", "Status", "monitor_heart"),
    ],
}
ACCOUNT = ("account", "My account", "account_circle")
INBOX = ("inbox", "Notifications", "notifications")


def navigation(position: Literal["sidebar", "hidden", "top"]) -> st.Page:
    pages = {section: [_page(*entry) for entry in entries] for section, entries in SECTIONS.items()}
    pages["Manage"] += [_page(*entry, visibility="hidden") for entry in (ACCOUNT, INBOX)]
    return st.navigation(pages, position=position)


def _page(name: str, title: str, icon: str, visibility: Literal["visible", "hidden"] = "visible") -> st.Page:
    return st.Page(
        session.script(name),
        title=title,
        icon=f":material/{icon}:",
        url_path="" if name == "overview" else name,
        default=name == "overview",
        visibility=visibility,
    )


def choose_project(found: Here) -> None:
    """The project select; the address holds the choice, so that a link and a reload keep it."""
    if found.project is None:
        return
    names = {one.id: one.name[:NAME_CHARACTERS] for one in found.projects}
    chosen = st.sidebar.selectbox(
        "Project",
        list(names),
        index=list(names).index(found.project.id),
        format_func=lambda key: names[key],
        key=f"frame-project-{found.project.id}",
    )
    if chosen != found.project.id:
        st.query_params.from_dict({session.KEPT: str(chosen)})
        st.rerun()
    st.query_params[session.KEPT] = str(found.project.id)


def run() -> None:
    show_look()
    page, found = arrive()
    choose_project(found)
    show_bell(found)
    show_person(found.person)
    if page.url_path != ACCOUNT[0]:
        show_password_notice(found.person)
    show_model_notice(found)
    page.run()


def arrive() -> tuple[st.Page, Here]:
    """The page that was asked for and what it works with; ends the rerun for who is signed out."""
    try:
        # Declared for who is out as well: Streamlit would call the page's address unknown otherwise.
        person = visitor.who()
        page = navigation("hidden" if person is None else "sidebar")
        return page, session.here_for(person)
    except DatabaseAway:
        st.error("The database does not answer right now; try again in a moment.")
        st.stop()


st.set_page_config(page_title="Plumbline", page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large")
run()
