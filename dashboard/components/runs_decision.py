"""What a person may do with a result: apply, edit or reject its proposal, score it again, run again."""

from __future__ import annotations

import streamlit as st

from core import jobs, runs
from core.runs.proposal_view import ProposalView
from core.runs.result_detail import ResultDetail
from core.terms import Outcome
from core.trials import TrialView
from dashboard import session
from dashboard.components import plain, said, times, trial_progress
from dashboard.components.links import show_link
from dashboard.components.scores import score_text
from dashboard.session import Here

REASON_CHARACTERS = 2_000
EDITING = "edit"
"""The query parameter that keeps the editor open."""
NEEDS_EDITOR = "That needs the role editor in this project."


def show_decision(here: Here, result: ResultDetail, again: TrialView | None) -> None:
    """What may be done now; what became of the proposal where it is closed.

    `again` is the newest trial of the candidate on the labels, if there was one.
    """
    going = again is not None and not again.job.final
    if result.waits:
        _show_standing(here, result, again)
    elif result.proposal is not None and result.proposal.state != "waiting":
        _show_closed(here, result, result.proposal)
    with st.container(horizontal=True, vertical_alignment="center", key=f"runs-actions-{result.id}"):
        if result.waits and result.proposal is not None:
            _show_apply(here, result, result.proposal, going)
            _show_edit(result)
            _show_reject(here, result, result.proposal)
        if result.after is not None and (_lower(result) or result.outcome is Outcome.STALE):
            show_link("metrics", "Open in editor", icon="edit", metric=result.metric_id, edit=result.id)
        if result.outcome is not None and not result.archived:
            _show_again(here, result)
        if not result.archived:
            show_link("metrics", "Open the metric", icon="gavel", metric=result.metric_id)


def _lower(result: ResultDetail) -> bool:
    """Whether what the run wrote may not go live, as the labels stand now."""
    return result.outcome is Outcome.REGRESSED or bool(result.standing and result.standing.lower)


def _show_standing(here: Here, result: ResultDetail, again: TrialView | None) -> None:
    """How the waiting proposal stands by the labels of today, and the button that scores it again."""
    if again is not None and not again.job.final:
        trial_progress.show_going(here, again)
        return
    if again is not None:
        trial_progress.show_trouble(again)
    found = result.standing
    if found is None:
        st.warning(
            "This proposal was not scored on the labels. Applying it scores it first, and applies it only "
            "if it agrees with at least as many labels as the live prompt.",
            icon=":material/quiz:",
        )
        return
    if found.trial_id is not None:
        st.info(
            f"Scored again: the live prompt {score_text(found.baseline)}, the proposed one "
            f"{score_text(found.optimised)}."
            + (" A lower score is never applied: edit it, reject it, or run again." if found.lower else ""),
            icon=":material/scale:",
        )
        times.caption("Scored " + times.moment(found.read_at, here.the_project.zone))
    if found.labels_changed:
        _show_labels_changed(here, result, found.labels_changed)
    elif result.meanwhile is not None and found.trial_id is None:
        _show_score(here, result)


def _show_labels_changed(here: Here, result: ResultDetail, count: int) -> None:
    st.warning(
        f"{count} {'label was' if count == 1 else 'labels were'} given or changed after this was scored, so "
        "its score may no longer hold. Score it again on the labels of today before you apply it.",
        icon=":material/label:",
    )
    _show_score(here, result)


def _show_score(here: Here, result: ResultDetail) -> None:
    assert result.proposal is not None
    pressed = st.button(
        "Score again",
        icon=":material/scale:",
        key=f"runs-score-{result.id}",
        disabled=not result.may_decide,
        help="Judges the live and the proposed prompt afresh on every label. Nothing is applied.",
    )
    if pressed:
        _start_scoring(here, result.proposal, then_apply=False)


def _start_scoring(here: Here, proposal: ProposalView, *, then_apply: bool) -> None:
    with session.saying_refusals():
        started = runs.score_proposal(here.database, here.actor, proposal.id, then_apply=then_apply)
        trial_progress.push(here, "runs", started)
        st.rerun()


def _show_apply(here: Here, result: ResultDetail, proposal: ProposalView, going: bool) -> None:
    if _lower(result):
        return
    scored = result.standing is not None
    pressed = st.button(
        "Apply to the live metric" if scored else "Score, then apply",
        type="secondary" if EDITING in st.query_params else "primary",
        icon=":material/check:",
        key=f"runs-apply-{result.id}",
        disabled=not result.may_decide or going,
        help=None if result.may_decide else NEEDS_EDITOR,
    )
    if pressed and not scored:
        _start_scoring(here, proposal, then_apply=True)
    elif pressed:
        with session.saying_refusals():
            runs.apply(here.database, here.actor, proposal.id)
            st.rerun()


def _show_edit(result: ResultDetail) -> None:
    opened = EDITING in st.query_params
    st.button(
        "Close the editor" if opened else "Edit first",
        icon=":material/edit_off:" if opened else ":material/edit:",
        key=f"runs-edit-{result.id}",
        disabled=not result.may_decide,
        help="Change its text or take some of its fields, see how that scores, then apply it.",
        on_click=_toggle_editor,
    )


def _toggle_editor() -> None:
    if st.query_params.pop(EDITING, None) is None:
        st.query_params[EDITING] = "1"


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
    _show_closing(result, proposal)
    times.caption(f"{proposal.state.capitalize()} " + times.moment(proposal.closed_at, here.the_project.zone))
    if proposal.replaced_by:
        place = proposal.replaced_by
        show_link(
            "runs",
            f"Open what replaced it: run {place.run_id}",
            icon="arrow_forward",
            run=place.run_id,
            result=place.result_id,
        )


def _show_closing(result: ResultDetail, proposal: ProposalView) -> None:
    by = f" by {plain.short(proposal.closed_by)}" if proposal.closed_by else ""
    if proposal.state == "applied":
        edited = ", edited first" if result.edited is not None else ""
        st.success(
            f"Applied{by}{edited}: it became version {result.applied_version} of the metric.",
            icon=":material/check_circle:",
        )
    elif proposal.state == "rejected":
        why = f" “{plain.label(proposal.closed_reason)}”" if proposal.closed_reason else ""
        st.info(f"Rejected{by}.{why}", icon=":material/close:")
    else:
        st.info(
            f"Superseded by {plain.label(proposal.superseded_by)}. It can no longer be applied; run "
            "again for a proposal that starts from the live definition.",
            icon=":material/update:",
        )
