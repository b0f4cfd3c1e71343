"""What waits for a person: proposals, metrics whose run came to nothing, schedules without labels, parts
that do not run."""

from __future__ import annotations

import streamlit as st

from core import health
from core.runs.attention import Need, Trouble, WaitingProposal
from core.runs.overview import Overview
from core.schedules import IdleSchedule, idle_schedules
from dashboard.components import plain, runs_words, times
from dashboard.components.links import show_link
from dashboard.components.scores import change_text, score_text
from dashboard.session import Here

PARTS = ("database", "redis", "worker", "scheduler")
REASON = 280


def show_attention(here: Here, found: Overview) -> None:
    _show_parts(here)
    idle = idle_schedules(here.database, here.actor, here.the_project.id)
    if not found.waiting and not found.troubles and not idle.total:
        if found.scored:
            st.markdown(":green[:material/check_circle:] Nothing waits for you.")
        return
    st.subheader("Needs your attention", anchor=False)
    for proposal in found.waiting:
        _show_proposal(proposal)
    if found.waiting_count > len(found.waiting):
        _show_all("runs", f"All {found.waiting_count:,} proposals that wait", needs=Need.DECISION.value)
    for trouble in found.troubles:
        _show_trouble(trouble)
    if found.trouble_count > len(found.troubles):
        _show_all("runs", f"All {found.trouble_count:,} metrics in trouble", needs=Need.LOOK.value)
    for schedule in idle.schedules:
        _show_idle(here, schedule)
    if idle.total > len(idle.schedules):
        _show_all("schedules", f"All {idle.total:,} schedules without new labels", state="idle")


def _show_all(page: str, words: str, **filtered: str) -> None:
    """Where a list is cut: the whole one."""
    show_link(page, words, icon="arrow_forward", **filtered)


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
        times.caption(f"{_gain(proposal)} · made " + times.from_now(proposal.since))


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
        told = times.Dated(plain.label(trouble.reason, REASON))
        times.caption(told + " · " + times.from_now(trouble.at) if trouble.at else told)


def _show_idle(here: Here, schedule: IdleSchedule) -> None:
    with st.container(border=True, key=f"overview-idle-{schedule.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge = ":gray-badge[:material/label_off: No new labels]"
            st.markdown(f"{badge} **{plain.short(schedule.name)}**", width="content")
            st.space("stretch")
            show_link("lab", "Label calls", icon="arrow_forward")
        ran = times.moment(schedule.last_run_at, here.the_project.zone)
        told = "Its run of " + ran + " had nothing to change, and nobody has labelled since."
        if schedule.next_fire_at is not None:
            told += " It fires again " + times.from_now(schedule.next_fire_at) + "."
        times.caption(told)
