"""Nothing here yet: what it is for, and what to do next."""

from __future__ import annotations

import streamlit as st


def empty_state(icon: str, title: str, sentence: str) -> None:
    """A quiet box in the middle of a page. The texts are ours, never a user's."""
    with st.container(border=True, horizontal_alignment="center", key=f"empty-{icon}-{abs(hash(title))}"):
        st.markdown(f"### :material/{icon}: {title}", text_alignment="center")
        st.caption(sentence, text_alignment="center")
