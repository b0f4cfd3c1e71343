"""A trial on its way: progress, cancel, and what went wrong where it came to nothing."""

from __future__ import annotations

import streamlit as st

from core import jobs, runs, trials
from core.runs.estimate import CallEstimate
from core.trials import Size, StartedTrial, TrialView
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.runs_progress import time_left
from dashboard.components.times import lasted
from dashboard.session import Here

EVERY = "1s"
SLOW_SECONDS = 20
NO_REDIS = "Redis does not answer: it is stored, and starts when Redis is back."


def push(here: Here, page: str, started: StartedTrial) -> None:
    """Wake a worker for what was just started; where that fails, the page says so at its next rerun."""
    if not jobs.push_now(here.database, here.redis, [started.job_id]):
        said.say(page, NO_REDIS)


def show_going(here: Here, trial: TrialView) -> None:
    """Watched until it is over; then the whole page is run again."""
    st.fragment(_watch, run_every=EVERY)(here, trial.id)


def show_trouble(trial: TrialView) -> None:
    """Why there is nothing to show; nothing where all went well."""
    if trial.job.status == "failed":
        st.error(f"That came to nothing: {plain.label(trial.job.error)}", icon=":material/error:")
    elif trial.job.status == "cancelled":
        st.caption(":material/cancel: Cancelled; nothing of it is shown.")


def size_words(here: Here, metric_id: int, size: Size) -> str:
    """“18 model calls, about 0.04”, before they are made."""
    calls = f"{size.model_calls:,} model {'call' if size.model_calls == 1 else 'calls'}"
    if not size.model_calls:
        return "no model calls: it is code"
    estimate = CallEstimate(metric_id, size.calls, size.model_calls)
    cost = runs.estimated_cost(
        here.database, here.actor, here.settings, here.the_project.id, [estimate]
    ).total
    return f"{calls}, about {cost:.2g} in cost" if cost else calls


def spent_words(trial: TrialView) -> str:
    """“18 calls · 5,200 tokens in, 840 out · cost 0.04 · took 12 s”."""
    parts = [f"{trial.calls:,} {'call' if trial.calls == 1 else 'calls'}"]
    if trial.calls:
        parts.append(f"{trial.input_tokens:,} tokens in, {trial.output_tokens:,} out")
    if trial.cost:
        parts.append(f"cost {trial.cost:.3g}")
    parts.append(f"took {lasted(trial.job.started_at, trial.finished_at)}")
    return " · ".join(parts)


def _watch(here: Here, trial_id: int) -> None:
    trial = trials.show_trial(here.database, here.actor, trial_id)
    if trial.job.final:
        st.rerun()
    with st.container(border=True, key=f"trial-going-{trial_id}"):
        job = trial.job
        share = min(1.0, job.calls_done / job.calls_expected) if job.calls_expected else 0.0
        st.progress(share, text=_words(trial))
        if (trial.waits_seconds or 0) > SLOW_SECONDS:
            st.caption("No worker has taken it yet; it starts by itself once one runs.")
        stopped = st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key=f"trial-cancel-{trial_id}",
            disabled=job.cancel_requested,
        )
        if stopped:
            with session.saying_refusals():
                trials.cancel(here.database, here.actor, trial_id)
                st.rerun()


def _words(trial: TrialView) -> str:
    job = trial.job
    if job.cancel_requested:
        return "Stopping…"
    if job.status == "queued":
        return "Waiting for a worker…"
    parts = [job.stage or "Starting", f"{job.calls_done:,} of {job.calls_expected:,} calls"]
    if trial.seconds_left is not None:
        parts.append(time_left(trial.seconds_left))
    return " · ".join(parts if job.calls_expected else parts[:1])
