"""Notifications: what happened in this project, for the person who looks. Seeing them is reading them."""

from __future__ import annotations

import streamlit as st

from core import inbox
from core.inbox import News
from core.inbox.reading import PAGE
from dashboard import session
from dashboard.components import plain
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link, show_link_style
from dashboard.components.times import utc, when
from dashboard.session import Here


def show_page() -> None:
    here = session.need_project()
    show_link_style()
    st.title("Notifications", anchor=False)
    number = max(1, session.parameter("page") or 1)
    found = inbox.news_of(here.database, here.actor, here.the_project.id, page=number)
    if not found.total:
        empty_state(
            "notifications",
            "No notifications yet",
            "When a schedule has run, every member finds here what it did; once a week, what still waits.",
        )
        return
    for news in found.news:
        _show(here, news)
    _show_pages(found.total, number)
    inbox.mark_read(here.database, here.actor, [news.id for news in found.news if news.unread])


def _show(here: Here, news: News) -> None:
    with st.container(border=True, key=f"inbox-news-{news.id}", gap="xsmall"):
        words = plain.label(news.text)
        shown = f"**{words}**" if news.unread else words
        icon = "mark_email_unread" if news.unread else "drafts"
        if news.run_id is not None:
            show_link("runs", shown, icon=icon, run=news.run_id)
        else:
            show_link("overview", shown, icon=icon)
        st.caption(when(news.at, here.the_project.zone), help=utc(news.at))


def _show_pages(total: int, number: int) -> None:
    pages = -(-total // PAGE)
    if pages < 2:
        return
    key = f"inbox-page-{number}"
    with st.container(horizontal_alignment="center"):
        st.pagination(pages, default=min(number, pages), key=key, on_change=_turn, args=(key,))


def _turn(key: str) -> None:
    st.query_params["page"] = str(st.session_state[key])


with session.saying_refusals():
    show_page()
