"""Notifications: what happened in this project, for the person who looks. Seeing them is reading them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import inbox
from core.inbox import News
from core.inbox.reading import PAGE, NewsPage
from dashboard import session
from dashboard.components import paging, plain, times
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link, show_link_style
from dashboard.session import Here


def show_page() -> None:
    here = session.need_project()
    show_link_style()
    st.title("Notifications", anchor=False)
    found, number = paging.found_page(partial(_page, here), PAGE)
    if not found.total:
        empty_state(
            "notifications",
            "No notifications yet",
            "When a schedule has run, every member finds here what it did; once a week, what still waits.",
        )
        return
    for news in found.news:
        _show(here, news)
    paging.show_pages(found.total, PAGE, number, "inbox-page")
    inbox.mark_read(here.database, here.actor, [news.id for news in found.news if news.unread])


def _page(here: Here, number: int) -> NewsPage:
    return inbox.news_of(here.database, here.actor, here.the_project.id, page=number)


def _show(here: Here, news: News) -> None:
    with st.container(border=True, key=f"inbox-news-{news.id}", gap="xsmall"):
        words = plain.label(news.text)
        shown = f"**{words}**" if news.unread else words
        icon = "mark_email_unread" if news.unread else "drafts"
        if news.run_id is not None:
            show_link("runs", shown, icon=icon, run=news.run_id)
        else:
            show_link("overview", shown, icon=icon)
        times.caption(times.moment(news.at, here.the_project.zone))


with session.saying_refusals():
    show_page()
