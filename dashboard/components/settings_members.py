"""Who belongs to the project, in which role, and who gets its mails."""

from __future__ import annotations

import streamlit as st

from core import memberships
from core.errors import PlumblineError
from core.memberships import Member
from core.terms import Role
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.settings_invite import show_inviting
from dashboard.components.settings_member_menu import show_menu
from dashboard.session import Here

REFUSED = "settings-refused"


def show_members(here: Here) -> None:
    may = here.may(Role.ADMIN)
    listed = st.container()  # above the form, and filled after it: who was just invited is in the list
    if may:
        show_inviting(here)
    else:
        st.caption("Members are managed by the project's admins.")
    with listed:
        _show_list(here, may)


def _show_list(here: Here, may: bool) -> None:
    members = memberships.members_of(here.database, here.actor, here.the_project.id)
    told = sum(member.notified for member in members)
    people = "1 member" if len(members) == 1 else f"{len(members)} members"
    st.caption(f"{people} · the summary of each scheduled run is mailed to {_of_them(told, len(members))}")
    _show_refused()
    with st.container(border=True, key="settings-members"):
        for member in members:
            _show_member(here, member, may)


def _of_them(told: int, members: int) -> str:
    if told in (0, members):
        return "nobody" if not told else "them" if members == 1 else "all of them"
    return f"{told} of them"


def _show_member(here: Here, member: Member, may: bool) -> None:
    who, controls = st.columns(2, vertical_alignment="center")
    with who.container(horizontal=True, vertical_alignment="center", gap="small"):
        you = " (you)" if member.user_id == here.actor.user_id else ""
        st.text(f"{member.email}{you}", width="content")
        if not member.enabled:
            st.badge("Disabled", color="gray", icon=":material/block:")
        elif not member.joined and here.settings.sign_in != "proxy":
            st.badge("Invited", color="orange", icon=":material/schedule:")
    with controls.container(horizontal=True, vertical_alignment="center", gap="small"):
        _show_role(here, member, may)
        _show_notifications(here, member, may)
        if may:
            show_menu(here, member)


def _show_role(here: Here, member: Member, may: bool) -> None:
    key = f"settings-role-{member.user_id}-{int(member.role)}"
    st.selectbox(
        "Role",
        list(Role),
        index=list(Role).index(member.role),
        format_func=lambda role: role.name.capitalize(),
        label_visibility="collapsed",
        key=key,
        width=118,
        disabled=not may,
        on_change=_change_role,
        args=(member, key),
    )


def _change_role(member: Member, key: str) -> None:
    here, chosen = session.here(), Role(st.session_state[key])
    try:
        memberships.set_role(here.database, here.actor, here.the_project.id, member.user_id, chosen)
    except PlumblineError as refusal:
        st.session_state[key] = member.role
        st.session_state[REFUSED] = str(refusal)
    else:
        said.say("settings", f"{member.email} is now {chosen.name.lower()}.")


def _show_notifications(here: Here, member: Member, may: bool) -> None:
    mine = member.user_id == here.actor.user_id
    key = f"settings-mail-{member.user_id}-{member.notifications}"
    st.toggle(
        "Emails",
        member.notifications,
        key=key,
        disabled=not (may or mine),
        on_change=_change_notifications,
        args=(member, key),
    )


def _change_notifications(member: Member, key: str) -> None:
    here, on = session.here(), bool(st.session_state[key])
    try:
        memberships.set_notifications(here.database, here.actor, here.the_project.id, member.user_id, on)
    except PlumblineError as refusal:
        st.session_state[key] = member.notifications
        st.session_state[REFUSED] = str(refusal)


def _show_refused() -> None:
    """Why a change in the list was refused; the list shows what is stored."""
    refusal = st.session_state.pop(REFUSED, None)
    if refusal:
        st.error(plain.label(refusal), icon=":material/block:")
