"""Evaluate: the live metric answers for the Lab's calls, watched until it is done."""

from __future__ import annotations

import streamlit as st

from core import evaluations, jobs
from core.evaluations import EvaluationState
from core.jobs import JobView
from core.lab import LabStanding
from dashboard import session
from dashboard.components import plain
from dashboard.components.lab_place import REFUSED, SAID
from dashboard.session import Here

EVERY = "1s"
SLOW_SECONDS = 20
IMPROVE = "Opens the metric, where Auto Improve rewrites its prompt from these labels."
NO_REDIS = "Redis does not answer. The evaluation is stored and starts by itself when Redis is back."


def show_evaluate(here: Here, metric_id: int, lab: LabStanding) -> None:
    found = evaluations.state(here.database, here.actor, metric_id)
    if found.going:
        st.fragment(_watch, run_every=EVERY)(here, metric_id)
        return
    if found.job is not None:
        _show_last(found.job)
    if found.outdated:
        st.caption(
            f"{found.outdated} of {lab.rows} verdicts come from an earlier version of the prompt; "
            "evaluate all calls to see what the live one says."
        )
    _show_buttons(here, metric_id, lab)


def _show_buttons(here: Here, metric_id: int, lab: LabStanding) -> None:
    new = lab.rows_not_evaluated
    with st.container(horizontal=True, key="lab-evaluate-buttons"):
        if new and new < lab.rows:
            _start_button(here, metric_id, f"Evaluate {new} new", True, "primary")
        every = "Evaluate all" if lab.rows > 1 else "Evaluate"
        _start_button(
            here, metric_id, f"{every} {lab.rows}", False, "primary" if new == lab.rows else "secondary"
        )
        if st.button("Auto Improve", icon=":material/auto_fix_high:", key="lab-improve", help=IMPROVE):
            session.go("metrics", metric=metric_id)


def _start_button(here: Here, metric_id: int, label: str, only_new: bool, look: str) -> None:
    key = f"lab-evaluate-{'new' if only_new else 'all'}"
    asks = "Asks the model about each of these calls; labels stay as they are."
    if st.button(label, icon=":material/play_arrow:", type=look, key=key, help=asks):  # type: ignore[arg-type]
        with session.saying_refusals():
            _start(here, metric_id, only_new)
            st.rerun()


def _start(here: Here, metric_id: int, only_new: bool) -> None:
    job_id = evaluations.start(here.database, here.actor, metric_id, only_new=only_new)
    if not jobs.push_now(here.database, here.redis, [job_id]):
        st.session_state[REFUSED] = NO_REDIS


def _watch(here: Here, metric_id: int) -> None:
    found = evaluations.state(here.database, here.actor, metric_id)
    if found.job is None or not found.going:
        st.session_state[SAID] = "The evaluation is over."
        st.rerun()
    with st.container(border=True, key="lab-evaluation"):
        _show_progress(found, found.job)
        if st.button(
            "Cancel", icon=":material/stop_circle:", key="lab-cancel", disabled=found.job.cancel_requested
        ):
            with session.saying_refusals():
                evaluations.cancel(here.database, here.actor, metric_id)
                st.rerun()


def _show_progress(found: EvaluationState, job: JobView) -> None:
    if job.cancel_requested:
        words = "Stopping…"
    elif job.status == "queued":
        words = "Waiting for a worker…"
    else:
        words = f"Judging: {job.calls_done} of {job.calls_expected or '…'} calls"
    st.progress(min(1.0, job.calls_done / job.calls_expected) if job.calls_expected else 0.0, text=words)
    if (found.waits_seconds or 0) > SLOW_SECONDS:
        st.caption(
            "No worker has taken it yet. It starts by itself once one runs; the page Status says more."
        )


def _show_last(job: JobView) -> None:
    """What went wrong the last time; that all went well shows in the rows."""
    if job.status == "failed":
        st.error(f"The last evaluation failed: {plain.label(job.error)}", icon=":material/error:")
    elif job.status == "finished" and job.error:
        st.warning(f"In the last evaluation {plain.label(job.error)}", icon=":material/warning:")
    elif job.status == "cancelled":
        st.caption("The last evaluation was cancelled; the verdicts are those from before.")
