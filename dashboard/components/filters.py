"""What a list is narrowed to. The address is the state, so that links, reload and Back find it again.

A widget keeps a state of its own: its key holds its value, so that it moves whenever the address does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

ALL = "all"
HOW_FAR = ("page", "shown")
"""How far somebody has come in a list: another list begins at its beginning."""


def chosen(name: str, options: Mapping[str, str]) -> str | None:
    """The choice in the address; None where there is none, or none that can be made."""
    found = st.query_params.get(name)
    return found if found in options else None


def show_choice(
    page: str, name: str, label: str, options: Mapping[str, str], everything: str = "All"
) -> None:
    """One of the options, or all of them."""
    current = chosen(name, options) or ALL
    key = f"{page}-{name}-{current}"
    st.selectbox(
        label,
        [ALL, *options],
        index=[ALL, *options].index(current),
        format_func=lambda option: everything if option == ALL else options[option],
        key=key,
        on_change=follow,
        args=(name, key),
    )


def written(name: str, most: int) -> str:
    """The words in the address, at most so many characters of them."""
    return st.query_params.get(name, "").strip()[:most]


def show_words(
    page: str,
    name: str,
    label: str,
    placeholder: str,
    most: int,
    *,
    width: int | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> None:
    """Words to look for."""
    current = written(name, most)
    key = f"{page}-{name}-{current}"
    st.text_input(
        label,
        current,
        max_chars=most,
        placeholder=placeholder,
        icon=":material/search:",
        key=key,
        on_change=_write,
        args=(name, key),
        width=width or "stretch",
        label_visibility=label_visibility,
    )


def follow(name: str, key: str) -> None:
    """The callback of a widget whose options hold ALL: what was chosen goes into the address."""
    choice = str(st.session_state[key])
    put(name, "" if choice == ALL else choice)


def _write(name: str, key: str) -> None:
    put(name, str(st.session_state[key]).strip())


def put(name: str, value: str) -> None:
    """Narrow the list, which then begins at its beginning; an empty value no longer narrows it."""
    clear(name, *HOW_FAR)
    if value:
        st.query_params[name] = value


def clear(*names: str) -> None:
    for name in names:
        st.query_params.pop(name, None)
