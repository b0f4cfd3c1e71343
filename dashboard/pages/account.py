"""My account: one's password and the browsers that are signed in."""

from __future__ import annotations

import streamlit as st

from core import signin
from core.signin import Method, SessionView, SignedIn
from core.signin.passwords import SHORTEST
from dashboard import session, visitor
from dashboard.components import times
from dashboard.session import Here

SAID = "account-said"
METHODS = {
    Method.PASSWORD: "with the password",
    Method.LINK: "by a one-time link",
    Method.OIDC: "by single sign-on",
}
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Marks in a User-Agent, those first that stand beside the marks of others."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
NOT_SAME = "The two new passwords differ; type the same one twice."


def show_who(person: SignedIn) -> None:
    st.title("My account", anchor=False)
    st.text(person.email if person.name == person.email else f"{person.name}\n{person.email}")


def show_password(here: Here) -> None:
    title = "Change your password" if here.person.has_password else "Set a password"
    st.header(title, anchor=False)
    with st.form("account-password", clear_on_submit=True):
        old = ""
        if here.person.has_password:
            old = _password("Current password", "old", "current-password")
        new = _password("New password", "new", "new-password")
        again = _password("The new password again", "again", "new-password")
        st.caption(f"At least {SHORTEST} characters. Your other browsers are signed out when it changes.")
        if st.form_submit_button(title, type="primary", key="account-password-set"):
            _change(here, old, new, again)


def _password(label: str, name: str, autocomplete: str) -> str:
    return st.text_input(label, type="password", autocomplete=autocomplete, key=f"account-{name}")


def _change(here: Here, old: str, new: str, again: str) -> None:
    if new != again:
        st.error(NOT_SAME, icon=":material/block:")
        return
    with session.saying_refusals():
        keep = visitor.brought().token
        signin.change_password(here.database, here.settings, here.actor, old, new, keep)
        _say("Your password is set. Every other browser is signed out.")


def show_sessions(here: Here) -> None:
    st.header("Where you are signed in", anchor=False)
    token = visitor.brought().token
    found = signin.sessions_of(here.database, here.actor, token)
    for one in found:
        _show_session(one)
    others = len(found) - 1
    st.button(
        "Sign out everywhere else" if others else "No other browser is signed in",
        key="account-everywhere",
        disabled=not others,
        on_click=_sign_out_others,
        icon=":material/logout:",
    )


def _show_session(one: SessionView) -> None:
    with st.container(border=True, key=f"account-session-{one.id}"):
        if one.current:
            st.badge("This browser", color="green", icon=":material/check:")
        st.text(f"{browser(one.browser)}, from {one.address or 'an unknown address'}")
        how = METHODS.get(Method(one.method), "")
        since, seen = times.from_now(one.created_at), times.from_now(one.seen_at)
        times.caption(f"Signed in {how} " + since + ", last seen " + seen)


def browser(user_agent: str) -> str:
    """What people call their browser, as far as its name can be told."""
    name = next((shown for mark, shown in BROWSERS if mark in user_agent), user_agent[:60])
    system = next((shown for mark, shown in SYSTEMS if mark in user_agent), "")
    return f"{name} on {system}" if system else name or "A browser"


def _sign_out_others() -> None:
    here = session.here()
    ended = signin.sign_out_everywhere(here.database, here.actor, keep=visitor.brought().token)
    st.session_state[SAID] = f"Signed out {ended} other browser{'s' if ended != 1 else ''}."


def _say(sentence: str) -> None:
    st.session_state[SAID] = sentence
    st.rerun()


def show() -> None:
    here = session.here()
    show_who(here.person)
    if said := st.session_state.pop(SAID, ""):
        st.success(said, icon=":material/check_circle:")
    if here.settings.sign_in == "accounts":
        show_password(here)
    if here.settings.sign_in != "proxy":
        show_sessions(here)
    else:
        st.info("You signed in at your company's proxy; sign out there.", icon=":material/info:")


show()
