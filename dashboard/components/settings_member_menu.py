"""What an admin may do about one member, beyond their role."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import memberships, signin
from core.memberships import Member
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.settings_invite import show_link
from dashboard.session import Here

ASKING = "settings-asking"
"""In the session: which question about which member is open."""


def show_menu(here: Here, member: Member) -> None:
    """A button that opens the list of deeds, and the question that the chosen one asks first."""
    with st.popover("More", key=f"settings-more-{member.user_id}"):
        if member.user_id != here.actor.user_id:
            _show_account(here, member)
        _offer(member, "remove", "Remove from the project", "person_remove")
    question = st.session_state.get(ASKING)
    if question == ("disable", member.user_id):
        _ask_to_disable(here, member)
    if question == ("remove", member.user_id):
        _ask_to_remove(here, member)


def _show_account(here: Here, member: Member) -> None:
    if here.settings.sign_in == "accounts" and member.enabled:
        _show_link_button(here, member)
    if here.settings.sign_in != "proxy" and member.enabled and member.joined:
        _show_ending_sessions(here, member)
    if member.enabled:
        _offer(member, "disable", "Disable the account", "block")
    else:
        _show_enabling(here, member)


def _offer(member: Member, question: str, label: str, icon: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"settings-{question}-{member.user_id}",
        type="tertiary",
        on_click=_ask,
        args=(question, member.user_id),
    )


def _ask(question: str, user_id: int) -> None:
    st.session_state[ASKING] = (question, user_id)


def _stop_asking() -> None:
    st.session_state.pop(ASKING, None)


def _show_link_button(here: Here, member: Member) -> None:
    label = "Make a link for a new password" if member.joined else "Make a new invitation link"
    if _pressed(label, "link", member, "key"):
        with session.saying_refusals():
            token = signin.reset_link(here.database, here.actor, member.user_id)
            show_link(here, member.email, token, days=1 if member.joined else 7)


def _show_ending_sessions(here: Here, member: Member) -> None:
    if _pressed("Sign out everywhere", "sign-out", member, "logout"):
        with session.saying_refusals():
            ended = signin.end_sessions(here.database, here.actor, member.user_id)
            said.say("settings", f"{member.email} is signed out of {_browsers(ended)}.")
            st.rerun()


def _show_enabling(here: Here, member: Member) -> None:
    if _pressed("Enable the account", "enable", member, "check"):
        with session.saying_refusals():
            signin.set_enabled(here.database, here.actor, member.user_id, True)
            said.say("settings", f"{member.email} may sign in again.")
            st.rerun()


def _pressed(label: str, name: str, member: Member, icon: str) -> bool:
    key = f"settings-{name}-{member.user_id}"
    return st.button(label, icon=f":material/{icon}:", key=key, type="tertiary")


def _browsers(count: int) -> str:
    return "1 browser" if count == 1 else f"{count} browsers"


@st.dialog("Disable this account?", icon=":material/block:", on_dismiss=_stop_asking)
def _ask_to_disable(here: Here, member: Member) -> None:
    plain.sentence(
        f"{member.email} is out at once, in every project, and gets no more mails. Their API tokens stop "
        "working. What they did stays, and you can enable the account again."
    )
    _show_answers(
        "disable",
        "Disable account",
        lambda: signin.set_enabled(here.database, here.actor, member.user_id, False),
        f"{member.email} is disabled.",
    )


@st.dialog("Remove this member?", icon=":material/person_remove:", on_dismiss=_stop_asking)
def _ask_to_remove(here: Here, member: Member) -> None:
    plain.sentence(f"{member.email} will no longer see this project or get its mails.")
    _show_answers(
        "remove",
        "Remove member",
        lambda: memberships.remove_member(here.database, here.actor, here.the_project.id, member.user_id),
        f"{member.email} was removed.",
    )


def _show_answers(question: str, yes: str, deed: Callable[[], None], sentence: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key=f"settings-{question}-no"):
            _stop_asking()
            st.rerun()
        if st.button(yes, key=f"settings-{question}-yes", type="primary"):
            with session.saying_refusals():
                deed()
                _stop_asking()
                said.say("settings", sentence)
                st.rerun()
