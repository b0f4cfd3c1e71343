"""What every session runs: the frame around the pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import product, session
from dashboard.components.model_notice import show_model_notice

ICON = Path(__file__).parents[1] / "static" / "plumbline.png"

NAME_CHARACTERS = 60

SECTIONS = {
    "": [("overview", "Overview", "home")],
    "Build": [("metrics", "Metrics", "gavel"), ("lab", "Lab", "science")],
    "Automate": [
        ("schedules", "Schedules", "schedule"),
        ("runs", "Runs", "history"),
        ("emails", "Emails", "mail"),
    ],
    "Manage": [("settings", "Project settings", "settings"), ("status", "Status", "monitor_heart")],
}


def navigation() -> st.Page:
    pages = {
        section: [
            st.Page(
                session.script(name),
                title=title,
                icon=f":material/{icon}:",
                url_path="" if name == "overview" else name,
                default=name == "overview",
            )
            for name, title, icon in entries
        ]
        for section, entries in SECTIONS.items()
    }
    return st.navigation(pages)


def choose_project() -> None:
    """The project select; the address holds the choice, so that a link and a reload keep it."""
    found = session.here()
    if found.project is None:
        return
    names = {one.id: one.name[:NAME_CHARACTERS] for one in session.projects()}
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


st.set_page_config(page_title="Plumbline", page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large")
page = navigation()
choose_project()
show_model_notice(product.settings())
page.run()
