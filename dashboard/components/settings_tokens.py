"""API tokens: with which MCP clients and scripts act for a person in this project."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import streamlit as st

from core import memberships, tokens
from core.accounts import MAX_NAME
from core.terms import Role
from core.tokens import TokenState, TokenView
from dashboard import session
from dashboard.components import plain, said, times
from dashboard.components.times import Dated, moment
from dashboard.session import Here

ROLES = {
    Role.VIEWER: "reads",
    Role.LABELLER: "reads and labels",
    Role.EDITOR: "also edits metrics, starts runs, applies and rejects",
    Role.ADMIN: "all that its maker may do, but managing people and tokens",
}
GOOD_FOR = {30: "30 days", 90: "90 days", 365: "a year", None: "until it is revoked"}
DAYS = list(GOOD_FOR)
REVOKING = "settings-token-revoking"
BADGES: dict[TokenState, tuple[str, Literal["green", "gray", "orange"]]] = {
    TokenState.ACTIVE: ("Active", "green"),
    TokenState.EXPIRED: ("Expired", "gray"),
    TokenState.REVOKED: ("Revoked", "gray"),
    TokenState.OWNER_OUT: ("Owner is disabled", "orange"),
}


def show_tokens(here: Here) -> None:
    role = memberships.role_of(here.database, here.actor, here.the_project.id)
    may = role is not None and role >= Role.ADMIN
    st.caption(
        "An API token lets an MCP client or a script act in this project, in its maker's name and in at most "
        "one role. What is done with it is marked with its name."
    )
    listed = st.container()
    if may:
        show_making(here, tokens.tokens_of(here.database, here.actor, here.the_project.id))
    else:
        st.caption("Tokens are made by the project's admins.")
    with listed:
        _show_list(here)
    with st.expander("How a client connects", key="settings-tokens-how"):
        st.markdown("Claude Code, in a terminal; any other client takes the address and the header:")
        address = tokens.mcp_address(here.settings)
        plain.prompt(tokens.claude_command(address, "plb_…"))


def _show_list(here: Here) -> None:
    found = tokens.tokens_of(here.database, here.actor, here.the_project.id)
    if not found:
        st.info("There is no token yet.", icon=":material/key:")
        return
    with st.container(border=True, key="settings-tokens", height=560 if len(found) > 6 else "content"):
        for token in found:
            _show_token(here, token)


def _show_token(here: Here, token: TokenView) -> None:
    words, colour = BADGES[token.state]
    with st.container(key=f"settings-token-{token.id}", gap="xxsmall"):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", horizontal_alignment="distribute"
        ):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="stretch"):
                st.markdown(f"**{plain.short(token.name)}**", width="content")
                st.badge(words, color=colour)
                st.badge(token.role.name.capitalize(), color="blue")
            if token.state is not TokenState.REVOKED and st.button(
                "Revoke", key=f"settings-token-revoke-{token.id}", type="tertiary"
            ):
                st.session_state[REVOKING] = token.id
        times.caption(_told(here, token))
    if st.session_state.get(REVOKING) == token.id:
        _ask_to_revoke(here, token)


def _told(here: Here, token: TokenView) -> Dated:
    zone = here.the_project.zone
    you = " (you)" if token.owner_id == here.actor.user_id else ""
    used = "last used " + moment(token.used_at, zone) if token.used_at else Dated("never used")
    return f"{plain.label(f'{token.hint}… · {token.owner}{you}')} · " + used + " · " + _ends(token, zone)


def _ends(token: TokenView, zone: ZoneInfo) -> Dated:
    if token.revoked_at:
        return "revoked " + moment(token.revoked_at, zone)
    if token.state is TokenState.EXPIRED:
        return "expired " + moment(token.expires_at, zone)
    return "good until " + moment(token.expires_at, zone) if token.expires_at else Dated("good until revoked")


def show_making(here: Here, existing: list[TokenView]) -> None:
    st.subheader("Make a token", anchor=False)
    newest = max(
        (token.id for token in existing), default=0
    )  # a form of its own for each, so that it empties
    with st.form(f"settings-token-make-{newest}"):
        left, right = st.columns([2, 3])
        name = left.text_input(
            "Name",
            max_chars=MAX_NAME,
            placeholder="Claude on Ana's laptop",
            key=f"settings-token-name-{newest}",
        )
        days = left.selectbox(
            "Good for",
            DAYS,
            index=DAYS.index(90),
            format_func=lambda each: GOOD_FOR[each],
            key=f"settings-token-days-{newest}",
        )
        role = right.radio(
            "Role",
            list(Role),
            format_func=lambda each: each.name.capitalize(),
            captions=list(ROLES.values()),
            key=f"settings-token-role-{newest}",
        )
        pressed = st.form_submit_button("Make token", key="settings-token-save", type="primary")
    if pressed:
        with session.saying_refusals():
            _, plaintext = tokens.make_token(
                here.database, here.actor, here.the_project.id, name, Role(role or Role.VIEWER), days
            )
            _show_once(here, plaintext)


@st.dialog("Copy the token now", icon=":material/key:", width="medium")
def _show_once(here: Here, plaintext: str) -> None:
    """The text is kept nowhere: not in the session, not in the address, not in the database."""
    st.markdown("It is shown **this once**. Whoever has it acts with it: keep it like a password.")
    plain.prompt(plaintext)
    st.markdown("For Claude Code, in a terminal:")
    plain.prompt(tokens.claude_command(tokens.mcp_address(here.settings), plaintext))
    if st.button("I have copied it", key="settings-token-copied", type="primary"):
        st.rerun()


def _stop_asking() -> None:
    st.session_state.pop(REVOKING, None)


@st.dialog("Revoke this token?", icon=":material/key_off:", on_dismiss=_stop_asking)
def _ask_to_revoke(here: Here, token: TokenView) -> None:
    plain.sentence(f"Whatever uses “{token.name}” is refused from now on. This cannot be undone.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="settings-token-revoke-no"):
            _stop_asking()
            st.rerun()
        if st.button("Revoke token", key="settings-token-revoke-yes", type="primary"):
            with session.saying_refusals():
                tokens.revoke_token(here.database, here.actor, token.id)
                _stop_asking()
                said.say("settings", f"“{token.name}” is revoked.")
                st.rerun()
