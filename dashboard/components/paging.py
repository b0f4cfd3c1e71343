"""The numbers below a list that is shown a page at a time; the page stands in the address."""

from __future__ import annotations

import streamlit as st

from dashboard.session import parameter

MOST_NUMBERS = 5
"""Fits into half a page, and onto a phone."""


def page_in_address(name: str = "page") -> int:
    """Counts from 1."""
    return max(1, parameter(name) or 1)


def show_pages(total: int, size: int, number: int, key: str, name: str = "page") -> None:
    """Nothing where one page holds all. The key holds the page, so that links and Back move the widget."""
    pages = -(-total // size)
    if pages < 2:
        return
    key = f"{key}-{number}"
    with st.container(horizontal_alignment="center"):
        st.pagination(
            pages,
            default=min(number, pages),
            key=key,
            max_visible_pages=MOST_NUMBERS,
            on_change=_turn,
            args=(name, key),
        )


def _turn(name: str, key: str) -> None:
    st.query_params[name] = str(st.session_state[key])
