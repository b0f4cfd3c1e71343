"""Invite somebody into the project, and show a one-time link the once it can be shown."""

from __future__ import annotations

import streamlit as st

from core import signin
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
ELSEWHERE = {
    "oidc": "They sign in through {name}, where their address must be this one.",
    "proxy": "They come in through your proxy, which must name this address.",
}
"""What an invited person does where there are no passwords here, by SIGN_IN."""
CHOOSES = "It lets whoever opens it choose the password"
JOINS = (
    "They have an account that was made in another project, and become a member here when they open the link "
    "and enter the password of that account. It"
)


def show_inviting(here: Here) -> None:
    st.subheader("Invite somebody", anchor=False)
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
        pressed = st.form_submit_button("Invite", key="settings-member-add", type="primary")
    if pressed:
        with session.saying_refusals():
            _invite(here, email.strip(), Role(role or Role.VIEWER))


def _invite(here: Here, email: str, role: Role) -> None:
    token = signin.invite(here.database, here.settings, here.actor, here.the_project.id, email, role)
    if token is not None:
        show_link(here, email, token, days=7)
        return
    how = ELSEWHERE.get(here.settings.sign_in, "They can sign in as before.")
    said.say("settings", f"{email} was added. {how.format(name=here.settings.oidc_name)}")
    st.rerun()


@st.dialog("Pass this link on", icon=":material/key:", width="medium")
def show_link(here: Here, email: str, token: str, *, days: int) -> None:
    """The link is kept nowhere: not in the session, not in the address, in the database as a digest."""
    link = signin.look_at_link(here.database, token)
    joins = link is not None and link.kind is signin.LinkKind.MEMBERSHIP
    plain.sentence(
        f"Send it to {email} in a way that only they can read. {JOINS if joins else CHOOSES}, "
        f"works once and for {'a day' if days == 1 else f'{days} days'}, and is shown this once."
    )
    plain.prompt(signin.link_address(here.settings, token))
    if st.button("I have copied it", key="settings-link-copied", type="primary"):
        st.rerun()
