"""Who is signed in, under the navigation of every page."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.signin import Method, SignedIn
from dashboard.gate.paths import SIGN_OUT
from dashboard.session import script

STYLE = """<style>
.pl-person{display:flex;flex-direction:column;overflow-wrap:anywhere;line-height:1.35}
.pl-person b{font-weight:600}
.pl-person span{font-size:.875rem;opacity:.75}
.pl-sign-out button{min-height:2rem;padding:.25rem .75rem;font:inherit;font-size:.875rem;color:inherit;
 background:transparent;border:1px solid color-mix(in srgb,currentColor 30%,transparent);
 border-radius:8px;white-space:nowrap;cursor:pointer}
.pl-sign-out button:hover{border-color:currentColor}
.pl-sign-out button:focus-visible{outline:3px solid #818cf8;outline-offset:2px}
</style>"""
FORM = f"""<form class="pl-sign-out" method="post" action="{SIGN_OUT}">
<button type="submit">Sign out</button></form>"""
INVITATION = "**Set a password** to get in the next time: the link you came by works only once."
NOTICE_STYLE = """<style>
[data-testid="stMain"] .st-key-frame-no-password
 [data-testid="stPageLink-NavLink"]{padding:.5rem 1rem;border-radius:8px;
 background:color-mix(in srgb,#f59e0b 16%,transparent)}
[data-testid="stMain"] .st-key-frame-no-password
 [data-testid="stPageLink-NavLink"] *{white-space:normal;line-height:1.4}
</style>"""


def show_person(person: SignedIn) -> None:
    """Name and address, the way to one's account, and out."""
    with st.sidebar.container(key="frame-person", gap="xsmall"):
        second = f"<span>{escape(person.email)}</span>" if person.name != person.email else ""
        st.html(f'{STYLE}<div class="pl-person"><b>{escape(person.name)}</b>{second}</div>')
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.page_link(
                script("account"), label="My account", icon=":material/account_circle:", width="content"
            )
            if person.method != Method.PROXY:
                # A form that the browser itself sends: the answer takes the cookie away.
                st.html(FORM, width="content")


def show_password_notice(person: SignedIn) -> None:
    """Until a password is set: the link that let this person in works only once."""
    if person.has_password or person.method != Method.LINK:
        return
    with st.container(key="frame-no-password"):
        st.html(NOTICE_STYLE)
        st.page_link(script("account"), label=INVITATION, icon=":material/key:", width="stretch")
