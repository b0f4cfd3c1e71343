"""What the theme's settings cannot say."""

from __future__ import annotations

import streamlit as st

STYLE = """<style>
[data-testid="stBaseButton-primary"],[data-testid="stBaseButton-primaryFormSubmit"],
[data-testid="stMultiSelect"] span[title]{
color:light-dark(#ffffff,#0f131f)}
</style>"""
"""Streamlit writes white on the accent. In the dark theme that accent has to stand out from a dark page, and
white on it has a contrast of 3.0; dark on it has 6.2."""


def show_look() -> None:
    """Once a rerun, around every page."""
    st.html(STYLE)
