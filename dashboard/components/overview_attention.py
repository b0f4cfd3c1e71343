"""What waits for a person: proposals, metrics whose run came to nothing, parts that do not run."""

from __future__ import annotations

import streamlit as st

from core import health
from core.runs.attention import Trouble, WaitingProposal
from core.runs.overview import Overview
from dashboard.components import plain, runs_words
from dashboard.components.links import show_link
from dashboard.components.scores import change_text, score_text
from dashboard.components.times import away, utc
from dashboard.session import Here

PARTS = ("database", "redis", "worker", "scheduler")
MOST = 5
REASON = 280


def show_attention(here: Here, found: Overview) -> None:
    _show_parts(here)
    if not found.waiting and not found.troubles:
        if found.scored:
            st.markdown(":green[:material/check_circle:] Nothing waits for you.")
        return
    st.subheader("Waiting for you", anchor=False)
    for proposal in found.waiting[:MOST]:
        _show_proposal(proposal)
    for trouble in found.troubles[:MOST]:
        _show_trouble(trouble)
    more = max(0, len(found.waiting) - MOST) + max(0, len(found.troubles) - MOST)
    if more:
        show_link("runs", f"{more} more among the runs", icon="arrow_forward")


def _show_parts(here: Here) -> None:
    """Only what is missing; the page Status shows every part."""
    found = health.check(here.settings, here.database)
    missing = [getattr(found, name).sentence for name in PARTS if not getattr(found, name).ok]
    if missing:
        st.warning("  \n".join(plain.label(sentence) for sentence in missing), icon=":material/power_off:")


def _show_proposal(proposal: WaitingProposal) -> None:
    with st.container(border=True, key=f"overview-proposal-{proposal.proposal_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge = ":violet-badge[:material/rate_review: Proposal]"
            st.markdown(f"{badge} **{plain.short(proposal.metric)}**", width="content")
            st.space("stretch")
            show_link(
                "runs", "**Review**", icon="arrow_forward", run=proposal.run_id, result=proposal.result_id
            )
        st.caption(f"{_gain(proposal)} · made {away(proposal.since)}", help=utc(proposal.since))


def _gain(proposal: WaitingProposal) -> str:
    if proposal.baseline is None or proposal.optimised is None:
        return "Not scored"
    change = change_text(proposal.baseline, proposal.optimised)
    scores = f"{score_text(proposal.baseline)} → {score_text(proposal.optimised)}"
    return f"{scores}, {change}" if change else scores


def _show_trouble(trouble: Trouble) -> None:
    with st.container(border=True, key=f"overview-trouble-{trouble.result_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge = runs_words.outcome_badge(trouble.outcome)
            st.markdown(f"{badge} **{plain.short(trouble.metric)}**", width="content")
            st.space("stretch")
            show_link("runs", "Look", icon="arrow_forward", run=trouble.run_id, result=trouble.result_id)
        at = f" · {away(trouble.at)}" if trouble.at else ""
        st.caption(plain.label(trouble.reason, REASON) + at)
