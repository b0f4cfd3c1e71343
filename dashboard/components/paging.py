"""The numbers below a list that is shown a page at a time; the page stands in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import streamlit as st

from dashboard.session import parameter

MOST_NUMBERS = 5
"""Fits into half a page, and onto a phone."""
SHOWN = "shown"
FURTHEST = 10**9
"""A database counts rows in 64 bits: a longer number in the address would be its error, not no page."""


class Counted(Protocol):
    """A page of a list that knows how many there are on all its pages."""

    @property
    def total(self) -> int: ...


Found = TypeVar("Found", bound=Counted)


def page_in_address(name: str = "page") -> int:
    """Counts from 1."""
    return min(max(1, parameter(name) or 1), FURTHEST)


def nearest_page(total: int, size: int, name: str = "page") -> int:
    """The page in the address; the last one where the list has become shorter than that."""
    return min(page_in_address(name), _pages(total, size))


def found_page(find: Callable[[int], Found], size: int, name: str = "page") -> tuple[Found, int]:
    """As `nearest_page`, for a list that is counted as a page of it is read: that page, and its number."""
    asked = page_in_address(name)
    found = find(asked)
    number = nearest_page(found.total, size, name)
    return (found if number == asked else find(number)), number


def span(number: int, size: int, shown: int, total: int) -> str:
    """“26–50 of 1,204”; “7” where all of them are shown."""
    if shown == total:
        return f"{total:,}"
    first = (number - 1) * size + 1
    return f"{first:,}–{first + shown - 1:,} of {total:,}"


def show_pages(total: int, size: int, number: int, key: str, name: str = "page") -> None:
    """Nothing where one page holds all. The key holds the page, so that links and Back move the widget."""
    pages = _pages(total, size)
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


def shown(at_once: int) -> int:
    """How many of a list that grows downwards are shown: its address says so once it has grown."""
    return max(at_once, parameter(SHOWN) or 0)


def offer_more(total: int, so_far: int, at_once: int, key: str) -> None:
    """Nothing where all of them are shown."""
    hidden = total - so_far
    if hidden > 0:
        words = f"Show {min(hidden, at_once)} more of {hidden}"
        st.button(words, key=key, width="stretch", on_click=_show_more, args=(so_far + at_once,))


def _show_more(count: int) -> None:
    st.query_params[SHOWN] = str(count)


def _pages(total: int, size: int) -> int:
    return max(1, -(-total // size))


def _turn(name: str, key: str) -> None:
    st.query_params[name] = str(st.session_state[key])
