"""The three steps to a Claude Code routine: connect, choose what it does, say when."""

from __future__ import annotations

import streamlit as st

from core import metrics, tokens
from core.terms import Role
from dashboard.components import plain
from dashboard.components.routine_words import routine_prompt, schedule_command
from dashboard.components.settings_tokens import show_making
from dashboard.session import Here

MOST_CHOSEN = 50
MODES = {False: "Read-only: show the proposals", True: "Apply what scores at least as well"}
CAPTIONS = (
    "Nothing changes; proposals wait on their pages. Advised for the first few times.",
    "Applies, scores afresh, and rolls back where the fresh score fell.",
)


def show_routine(here: Here) -> None:
    st.title("Claude Code", anchor=False)
    st.markdown(
        "Claude Code can run the same optimiser through Plumbline's MCP tools: the runs stand in the history "
        "like any other, and the same guard holds. Three steps, each to copy."
    )
    _connect(here)
    prompt = _choose(here)
    if prompt is not None:
        st.subheader("3. Say when", anchor=False)
        st.markdown("In Claude Code. Weekly is a good start; without new labels a run costs nothing.")
        plain.prompt(schedule_command(prompt))


def _connect(here: Here) -> None:
    st.subheader("1. Connect", anchor=False)
    st.markdown("In a terminal, with an API token in place of `plb_…`:")
    plain.prompt(tokens.claude_command(tokens.mcp_address(here.settings), "plb_…"))
    if not here.may(Role.ADMIN):
        st.caption("Tokens are made by the project's admins; ask one of them for a token of the role editor.")
        return
    with st.expander("Make a token here", icon=":material/key:", key="routine-token"):
        show_making(here, tokens.tokens_of(here.database, here.actor, here.the_project.id))


def _choose(here: Here) -> str | None:
    """The prompt for the chosen metrics; None while there is none to choose."""
    st.subheader("2. Choose what it does", anchor=False)
    found = metrics.metric_names(here.database, here.actor, here.the_project.id)
    if not found:
        st.info("There is no metric yet. Make one under **Metrics**.", icon=":material/gavel:")
        return None
    names = {each.id: each.name for each in found}
    chosen = st.multiselect(
        "Metrics",
        list(names),
        default=list(names)[:MOST_CHOSEN],
        max_selections=MOST_CHOSEN,
        format_func=lambda metric_id: plain.option(names[metric_id]),
        key=f"routine-metrics-{here.the_project.id}",
    )
    applies = st.radio(
        "When the new prompt scores at least as well",
        list(MODES),
        format_func=lambda mode: MODES[mode],
        captions=CAPTIONS,
        key="routine-applies",
    )
    if not chosen:
        st.info("Choose at least one metric.")
        return None
    prompt = routine_prompt({each: names[each] for each in chosen}, applies=bool(applies))
    plain.prompt(prompt)
    return prompt
