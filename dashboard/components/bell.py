"""The bell: how many notifications of this project its person has not seen."""

from __future__ import annotations

import streamlit as st

from core import inbox
from core.inbox.reading import MOST_COUNTED
from dashboard.session import KEPT, Here, script


def show_bell(here: Here) -> None:
    """A link to the notifications, with a number while there is something new."""
    if here.project is None:
        return
    unread = inbox.unread_count(here.database, here.actor, here.project.id)
    count = f"{MOST_COUNTED - 1}+" if unread >= MOST_COUNTED else str(unread)
    with st.sidebar.container(key="frame-bell"):
        st.page_link(
            script("inbox"),
            label=f"Notifications :violet-badge[{count} new]" if unread else "Notifications",
            icon=":material/notifications_unread:" if unread else ":material/notifications:",
            query_params={KEPT: str(here.project.id)},
        )
