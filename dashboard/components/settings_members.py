"""Who belongs to the project, in which role, and who gets its mails."""

from __future__ import annotations

import streamlit as st

from core import memberships
from core.errors import PlumblineError
from core.memberships import Member
from core.terms import Role
from dashboard import session
from dashboard.components import plain, said
from dashboard.session import Here

ROLES = {
    Role.VIEWER: "reads",
    Role.LABELLER: "reads and labels",
    Role.EDITOR: "also edits metrics, runs, applies, rejects, and manages read-only schedules",
    Role.ADMIN: "also manages members, settings and auto-apply schedules",
}
MAX_EMAIL = 320
REMOVING, REFUSED = "settings-removing", "settings-refused"


def show_members(here: Here) -> None:
    members = memberships.members_of(here.database, here.actor, here.the_project.id)
    role = memberships.role_of(here.database, here.actor, here.the_project.id)
    may = role is not None and role >= Role.ADMIN
    told = sum(member.notified for member in members)
    people = "1 member" if len(members) == 1 else f"{len(members)} members"
    st.caption(f"{people} · the summary of each scheduled run is mailed to {told} of them")
    _show_refused()
    with st.container(border=True, key="settings-members"):
        for member in members:
            _show_member(here, member, may)
    if may:
        _show_adding(here)
    else:
        st.caption("Members are managed by the project's admins.")


def _show_member(here: Here, member: Member, may: bool) -> None:
    who, controls = st.columns([3, 2], vertical_alignment="center")
    who.text(_who(here, member))
    with controls.container(horizontal=True, vertical_alignment="center", gap="small"):
        _show_role(here, member, may)
        _show_notifications(here, member, may)
        key = f"settings-remove-{member.user_id}"
        if may and st.button("Remove", key=key, type="tertiary"):
            st.session_state[REMOVING] = member.user_id
    if st.session_state.get(REMOVING) == member.user_id:
        _ask_to_remove(here, member)


def _who(here: Here, member: Member) -> str:
    you = " (you)" if member.user_id == here.actor.user_id else ""
    off = "" if member.enabled else " · disabled"
    return f"{member.email}{you}{off}"


def _show_role(here: Here, member: Member, may: bool) -> None:
    key = f"settings-role-{member.user_id}-{int(member.role)}"
    st.selectbox(
        "Role",
        list(Role),
        index=list(Role).index(member.role),
        format_func=lambda role: role.name.capitalize(),
        label_visibility="collapsed",
        key=key,
        width=130,
        disabled=not may,
        on_change=_change_role,
        args=(here, member, key),
    )


def _change_role(here: Here, member: Member, key: str) -> None:
    chosen = Role(st.session_state[key])
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
        args=(here, member, key),
    )


def _change_notifications(here: Here, member: Member, key: str) -> None:
    on, project_id = bool(st.session_state[key]), here.the_project.id
    try:
        memberships.set_notifications(here.database, here.actor, project_id, member.user_id, on)
    except PlumblineError as refusal:
        st.session_state[key] = member.notifications
        st.session_state[REFUSED] = str(refusal)


def _show_refused() -> None:
    """Why a change in the list was refused; the list shows what is stored."""
    refusal = st.session_state.pop(REFUSED, None)
    if refusal:
        st.error(plain.label(refusal), icon=":material/block:")


def _show_adding(here: Here) -> None:
    st.subheader("Add a member", anchor=False)
    with st.form("settings-add-member", clear_on_submit=False):
        left, right = st.columns([2, 3])
        email = left.text_input(
            "Email", max_chars=MAX_EMAIL, key="settings-member-email", placeholder="ana@example.com"
        )
        role = right.radio(
            "Role",
            list(Role),
            format_func=lambda each: each.name.capitalize(),
            captions=list(ROLES.values()),
            key="settings-member-role",
        )
        pressed = st.form_submit_button("Add", key="settings-member-add", type="primary")
    if pressed:
        with session.saying_refusals():
            memberships.add_member(
                here.database, here.actor, here.the_project.id, email, Role(role or Role.VIEWER)
            )
            said.say("settings", f"{email.strip()} was added, with email notifications on.")
            st.rerun()


def _stop_asking() -> None:
    st.session_state.pop(REMOVING, None)


@st.dialog("Remove this member?", icon=":material/person_remove:", on_dismiss=_stop_asking)
def _ask_to_remove(here: Here, member: Member) -> None:
    plain.sentence(f"{member.email} will no longer see this project or get its mails.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key="settings-remove-no"):
            _stop_asking()
            st.rerun()
        if st.button("Remove member", key="settings-remove-yes", type="primary"):
            with session.saying_refusals():
                memberships.remove_member(here.database, here.actor, here.the_project.id, member.user_id)
                _stop_asking()
                said.say("settings", f"{member.email} was removed.")
                st.rerun()
