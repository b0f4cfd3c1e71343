"""Auto Improve: the button, how far the run is, and what came of it."""

from __future__ import annotations

import streamlit as st

from core import jobs, lab, runs
from core.lab import LabStanding
from core.metrics import MetricDetails
from core.runs import Progress, RunOptions
from core.terms import Guard, MetricType
from dashboard import session
from dashboard.components import outcomes, plain
from dashboard.components.guard_choice import choose_guard
from dashboard.components.links import show_link
from dashboard.components.metrics_links import open_run
from dashboard.components.month_left import show_month
from dashboard.components.scores import change_text, score_text
from dashboard.session import Here

BUTTON = "metrics-improve"
EVERY_SECONDS = 1.0
LONG_WAIT_SECONDS = 10.0
"""From then on a queued run wants an explanation: workers take a job within a second or two."""


def show_improve(here: Here, metric: MetricDetails, waiting_run: int | None) -> None:
    """`waiting_run`: the run whose proposal for this metric waits for review."""
    going = runs.going_on(here.database, here.actor, metric.id)
    if going is not None:
        st.session_state[_watched(metric.id)] = going.result_id
        if st.session_state.get(BUTTON):  # pressed on a page that was drawn before this run began
            st.session_state[_note(going.result_id)] = _joined(going.run_id)
        _show_waiting_proposal(metric.id, waiting_run)
        st.fragment(_show_going, run_every=EVERY_SECONDS)(here, metric.id, going.result_id)
        return
    result_id = st.session_state.get(_watched(metric.id))
    done = None if result_id is None else runs.progress(here.database, here.actor, result_id)
    if done is None or done.run_id != waiting_run:
        _show_waiting_proposal(metric.id, waiting_run)
    if done is not None:
        _show_outcome(metric.id, done, reviewable=done.run_id == waiting_run)
    _show_button(here, metric, lab.lab_standing(here.database, here.actor, metric.id))


def _show_waiting_proposal(metric_id: int, run_id: int | None) -> None:
    if run_id is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="metrics-waiting"):
        st.badge("Proposal waiting", icon=":material/rate_review:", color="violet")
        st.markdown(f"Run {run_id} rewrote this metric and waits for your review.")
        if st.button("Review it", key="metrics-review", type="primary"):
            open_run(metric_id, run_id)


def _watched(metric_id: int) -> str:
    return f"metrics-watched-{metric_id}"


def _note(result_id: int) -> str:
    return f"metrics-note-{result_id}"


def _joined(run_id: int) -> str:
    return f"Run {run_id} was working on this metric already, so you see that one."


def _show_button(here: Here, metric: MetricDetails, standing: LabStanding) -> None:
    reason = _why_not(metric, standing)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Auto Improve",
            key=BUTTON,
            type="primary",
            icon=":material/auto_fix_high:",
            disabled=reason is not None,
        )
        options = _ask_options(here, metric)
        _show_advice(metric.id, reason, standing)
    if pressed:
        with session.saying_refusals():
            _start(here, metric.id, options)
            st.rerun()


def _why_not(metric: MetricDetails, standing: LabStanding) -> str | None:
    if metric.definition.type is MetricType.CUSTOM_CODE and not metric.definition.description.strip():
        return (
            "This code metric has no prompt to start from. Describe in its Prompt tab what the code is meant "
            "to find out; Auto Improve then looks for a prompt, or a script, that agrees with more labels."
        )
    return standing.refusal


def _show_advice(metric_id: int, reason: str | None, standing: LabStanding) -> None:
    if reason is not None:
        st.caption(plain.label(reason))
        if standing.refusal:
            show_link("lab", "Label calls in the Lab", icon="science", metric=metric_id)
    elif standing.warnings:
        st.caption(f":material/lightbulb: {plain.label(standing.warnings[0])}")
    elif not standing.new:
        st.caption(
            "No label is new since the last run; unless the prompt changed, it would find nothing new."
        )
    else:
        labels = "label or note is" if standing.new == 1 else "labels and notes are"
        st.caption(f"{standing.new} {labels} new since the last run.")


def _ask_options(here: Here, metric: MetricDetails) -> RunOptions:
    with st.popover("Options", icon=":material/tune:", key="metrics-options"):
        apply = st.toggle(
            "Apply automatically",
            key=f"metrics-auto-{metric.id}",
            disabled=metric.critical,
            help="Off: the rewrite waits for your review.",
        )
        st.caption(
            "This metric is critical, so a rewrite always waits for your review."
            if metric.critical
            else "On: the rewrite goes live by itself when it agrees with at least as many labels as the "
            "live prompt. A lower score is never applied."
        )
        (estimate,) = runs.estimated_calls(here.database, here.actor, [metric.id])
        guard = Guard.STANDARD
        if apply:
            guard = choose_guard(guard, estimate.labelled, key=f"metrics-guard-{metric.id}")
        budget = st.number_input(
            "Budget of model calls",
            min_value=1,
            value=None,
            step=50,
            placeholder="No limit",
            key=f"metrics-budget-{metric.id}",
        )
        if guard is not Guard.STANDARD:
            (estimate,) = runs.estimated_calls(here.database, here.actor, [metric.id], guard)
        st.caption(
            f"A run on {estimate.labelled} labels makes about {estimate.calls} calls. At the budget it "
            "stops, and nothing is proposed or applied."
        )
        show_month(here, estimate.calls)
    return RunOptions(auto_apply=apply and not metric.critical, guard=guard, max_calls=budget)


def _start(here: Here, metric_id: int, options: RunOptions) -> None:
    started = runs.improve(here.database, here.actor, metric_id, options)
    arrived = jobs.push_now(here.database, here.redis, [started.job_id])
    st.session_state[_watched(metric_id)] = started.result_id
    notes = []
    if started.joined:
        notes.append(_joined(started.run_id))
    if not arrived:
        notes.append("Redis does not answer; the run is stored and starts when it is back.")
    st.session_state[_note(started.result_id)] = " ".join(notes)


def _show_going(here: Here, metric_id: int, result_id: int) -> None:
    """The live panel; once the run is final, the page is drawn anew without it."""
    progress = runs.progress(here.database, here.actor, result_id)
    if progress.final:
        st.rerun()
    with st.container(border=True, key="metrics-going"):
        note = st.session_state.get(_note(result_id))
        if note:
            st.info(note, icon=":material/info:")
        expected = max(progress.calls_expected, progress.calls_done, 1)
        st.progress(progress.calls_done / expected, text=_stage(progress) + _calls(progress))
        _show_waiting(progress)
        with st.container(horizontal=True, vertical_alignment="center"):
            _offer_cancel(here, progress)
            _link_to_run(metric_id, progress)


def _link_to_run(metric_id: int, progress: Progress) -> None:
    show_link(
        "runs",
        f"Open run {progress.run_id}",
        run=progress.run_id,
        result=progress.result_id,
        metric=metric_id,
    )


def _stage(progress: Progress) -> str:
    if progress.cancel_requested:
        return "**Stopping**"
    if progress.waits_seconds is not None:
        return "**Waiting for a worker**"
    return f"**{progress.stage or 'Starting'}**"


def _calls(progress: Progress) -> str:
    if not progress.calls_expected:
        return ""
    calls = f" · {progress.calls_done} of {progress.calls_expected} model calls so far"
    if progress.seconds_left is None or progress.cancel_requested:
        return calls
    if progress.seconds_left < 60:
        return f"{calls}, about {max(1, round(progress.seconds_left))} s left"
    return f"{calls}, about {round(progress.seconds_left / 60)} min left"


def _show_waiting(progress: Progress) -> None:
    if progress.waits_for_run is not None:
        st.caption(f"Run {progress.waits_for_run} works on this metric now; this one waits its turn.")
    elif (progress.waits_seconds or 0) > LONG_WAIT_SECONDS:
        st.caption("No worker has taken this run yet. The page **Status** says whether one is running.")


def _offer_cancel(here: Here, progress: Progress) -> None:
    several = progress.metrics_in_run > 1
    label = f"Cancel the run and its {progress.metrics_in_run} metrics" if several else "Cancel"
    if st.button(label, key="metrics-cancel", icon=":material/stop:", disabled=progress.cancel_requested):
        with session.saying_refusals():
            woken = runs.cancel(here.database, here.actor, progress.run_id)
            jobs.push_now(here.database, here.redis, woken)
            st.rerun()


def _show_outcome(metric_id: int, progress: Progress, *, reviewable: bool) -> None:
    with st.container(border=True, key="metrics-outcome"):
        with st.container(horizontal=True, vertical_alignment="center"):
            outcomes.badge(progress.outcome)
            if progress.optimised is not None:
                change = change_text(progress.baseline, progress.optimised)
                shown = f"{score_text(progress.baseline)} → {score_text(progress.optimised)}"
                st.markdown(f"**{shown}**" + (f"  ·  {change}" if change else ""))
        plain.sentence(progress.reason)
        with st.container(horizontal=True):
            label = "Review it" if reviewable else f"Open run {progress.run_id}"
            if st.button(label, key="metrics-open", type="primary" if reviewable else "secondary"):
                open_run(metric_id, progress.run_id, progress.result_id)
            if st.button("Dismiss", key="metrics-dismiss", type="tertiary"):
                del st.session_state[_watched(metric_id)]
                st.rerun()
