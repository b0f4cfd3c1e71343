"""Links to other pages: real anchors, that can be opened in a new tab and keep the project."""

from __future__ import annotations

import streamlit as st

from dashboard.session import KEPT, script

STYLE = """<style>
[data-testid="stMain"] [data-testid="stPageLink-NavLink"]{padding-inline:0;background:none}
[data-testid="stMain"] [data-testid="stPageLink-NavLink"]:hover{text-decoration:underline}
[data-testid="stMain"] [data-testid="stPageLink-NavLink"] p{overflow:hidden;text-overflow:ellipsis}
[data-testid="stMain"] [data-testid="stPageLink-NavLink"] *{white-space:normal;overflow-wrap:anywhere}
[data-testid="stMain"] [data-testid="stPageLink-NavLink"] p{line-height:1.45}
</style>"""


def show_link_style() -> None:
    """Links in line with the text around them, and without the mark of the page one is on. Once a page."""
    st.html(STYLE)


def show_link(
    page: str, label: str, *, icon: str | None = None, help: str | None = None, **place: object
) -> None:
    """A link to a page of ours at a place in it. The label is read as markup: escape what users wrote."""
    kept = {KEPT: st.query_params.get(KEPT)} | place
    query = {name: str(value) for name, value in kept.items() if value is not None}
    shown = f":material/{icon}:" if icon else None
    st.page_link(script(page), label=label, icon=shown, help=help, query_params=query)
