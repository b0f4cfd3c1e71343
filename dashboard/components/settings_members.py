"""Who belongs to the project, in which role, and who gets its mails."""

from __future__ import annotations

import streamlit as st

from core import memberships
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


def show_members(here: Here) -> None:
    members = memberships.members_of(here.database, here.actor, here.the_project.id)
    role = memberships.role_of(here.database, here.actor, here.the_project.id)
    may = role is not None and role >= Role.ADMIN
    told = sum(member.notified for member in members)
    people = "1 member" if len(members) == 1 else f"{len(members)} members"
    st.caption(f"{people} · the summary of each scheduled run is mailed to {told} of them")
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
        if may and st.button(":material/person_remove:", key=key, type="tertiary", help="Remove"):
            _confirm_removal(here, member)


def _who(here: Here, member: Member) -> str:
    you = " (you)" if member.user_id == here.actor.user_id else ""
    off = "" if member.enabled else " · disabled"
    return f"{member.email}{you}{off}"


def _show_role(here: Here, member: Member, may: bool) -> None:
    """The key holds the stored role, so that a refused change shows what is stored."""
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
    )
    chosen = Role(st.session_state[key])
    if chosen != member.role:
        with session.saying_refusals():
            memberships.set_role(here.database, here.actor, here.the_project.id, member.user_id, chosen)
            said.say("settings", f"{member.email} is now {chosen.name.lower()}.")
            st.rerun()


def _show_notifications(here: Here, member: Member, may: bool) -> None:
    mine = member.user_id == here.actor.user_id
    key = f"settings-mail-{member.user_id}-{member.notifications}"
    on = st.toggle("Emails", member.notifications, key=key, disabled=not (may or mine))
    if on != member.notifications:
        with session.saying_refusals():
            memberships.set_notifications(here.database, here.actor, here.the_project.id, member.user_id, on)
            st.rerun()


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


@st.dialog("Remove this member?")
def _confirm_removal(here: Here, member: Member) -> None:
    plain.sentence(f"{member.email} will no longer see this project or get its mails.")
    with session.saying_refusals(), st.container(horizontal=True):
        if st.button("Remove", key="settings-remove-yes", type="primary"):
            memberships.remove_member(here.database, here.actor, here.the_project.id, member.user_id)
            said.say("settings", f"{member.email} was removed.")
            st.rerun()
        if st.button("Keep", key="settings-remove-no"):
            st.rerun()
