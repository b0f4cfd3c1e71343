"""What a person may do with a result: apply or reject its proposal, or run again."""

from __future__ import annotations

import streamlit as st

from core import jobs, runs
from core.runs.result_detail import ProposalView, ResultDetail
from core.terms import Outcome
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.links import show_link
from dashboard.components.times import when
from dashboard.session import Here

REASON_CHARACTERS = 2_000


def show_decision(here: Here, result: ResultDetail) -> None:
    """Apply and Reject where a proposal waits, what became of it where none does, and Run again."""
    if result.waits:
        _show_warning(result)
    elif result.proposal is not None:
        _show_closed(here, result, result.proposal)
    with st.container(horizontal=True, vertical_alignment="center", key=f"runs-actions-{result.id}"):
        if result.waits and result.proposal is not None:
            _show_apply(here, result, result.proposal)
            _show_reject(here, result, result.proposal)
        if result.after is not None and result.outcome in (Outcome.REGRESSED, Outcome.STALE):
            _show_editor(result)
        if result.outcome is not None and not result.archived:
            _show_again(here, result)
        if not result.archived:
            show_link("metrics", "Open the metric", icon="gavel", metric=result.metric_id)


def _show_warning(result: ResultDetail) -> None:
    if result.labels_changed:
        count = result.labels_changed
        st.warning(
            f"{count} {'label or note was' if count == 1 else 'labels or notes were'} changed after this run "
            "began: its scores may no longer hold. Run again to score with them, or apply all the same.",
            icon=":material/label:",
        )


def _show_apply(here: Here, result: ResultDetail, proposal: ProposalView) -> None:
    applied = st.button(
        "Apply to the live metric",
        type="primary",
        icon=":material/check:",
        key=f"runs-apply-{result.id}",
        disabled=not result.may_decide,
        help=None if result.may_decide else "That needs the role editor in this project.",
    )
    if applied:
        with session.saying_refusals():
            runs.apply(here.database, here.actor, proposal.id)
            st.rerun()


def _show_reject(here: Here, result: ResultDetail, proposal: ProposalView) -> None:
    with st.popover(
        "Reject", icon=":material/close:", disabled=not result.may_decide, key=f"runs-no-{result.id}"
    ):
        reason = st.text_area(
            "Why? It is kept with the proposal.",
            key=f"runs-reason-{result.id}",
            max_chars=REASON_CHARACTERS,
            placeholder="It reads “no” as a refusal to confirm.",
        )
        if st.button("Reject the proposal", key=f"runs-reject-{result.id}", icon=":material/close:"):
            with session.saying_refusals():
                runs.reject(here.database, here.actor, proposal.id, reason.strip())
                st.rerun()


def _show_editor(result: ResultDetail) -> None:
    show_link("metrics", "Open in editor", icon="edit", metric=result.metric_id, edit=result.id)


def _show_again(here: Here, result: ResultDetail) -> None:
    pressed = st.button(
        "Run again",
        icon=":material/replay:",
        key=f"runs-again-{result.id}",
        disabled=not result.may_decide,
        help="Starts a new run on this metric. It proposes, and applies nothing.",
    )
    if pressed:
        with session.saying_refusals():
            started = runs.improve(here.database, here.actor, result.metric_id, runs.READ_ONLY)
            if not jobs.push_now(here.database, here.redis, [started.job_id]):
                said.say("runs", "Redis does not answer: the run is stored, and starts when it is back.")
            elif started.joined:
                said.say("runs", "This run was working on the metric already.")
            session.go("runs", run=started.run_id, result=started.result_id)


def _show_closed(here: Here, result: ResultDetail, proposal: ProposalView) -> None:
    at = when(proposal.closed_at, here.the_project.zone)
    by = f" by {plain.short(proposal.closed_by)}" if proposal.closed_by else ""
    if proposal.state == "applied":
        st.success(
            f"Applied{by}, {at}: it became version {result.applied_version} of the metric.",
            icon=":material/check_circle:",
        )
    elif proposal.state == "rejected":
        why = f" “{plain.label(proposal.closed_reason)}”" if proposal.closed_reason else ""
        st.info(f"Rejected{by}, {at}.{why}", icon=":material/close:")
    else:
        st.info(f"Superseded by {plain.label(proposal.superseded_by)}, {at}.", icon=":material/update:")
        if proposal.replaced_by:
            place = proposal.replaced_by
            show_link(
                "runs",
                f"Open what replaced it: run {place.run_id}",
                icon="arrow_forward",
                run=place.run_id,
                result=place.result_id,
            )
