"""Evaluate: the live metric answers for the Lab's calls, watched until it is done."""

from __future__ import annotations

import streamlit as st

from core import evaluations
from core.evaluations import EvaluationState
from core.jobs import JobView
from core.lab import LabStanding
from core.terms import Role
from dashboard import session
from dashboard.components import plain
from dashboard.components.lab_choosing import chosen_rows
from dashboard.components.lab_evaluate_form import ask, asked, show_form
from dashboard.components.lab_place import SAID, Place
from dashboard.session import Here

EVERY = "1s"
SLOW_SECONDS = 20
IMPROVE = "Opens the metric, where Auto Improve rewrites its prompt from these labels."
EVALUATE = "Asks the model about calls; labels stay as they are. First you see what it costs."
MAY_NOT = "Evaluating calls needs the role editor in this project."


def show_evaluate(here: Here, place: Place, metric_id: int, lab: LabStanding) -> None:
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
    if asked(metric_id) and here.may(Role.EDITOR):
        show_form(here, place, metric_id, lab)


def _show_buttons(here: Here, metric_id: int, lab: LabStanding) -> None:
    chosen, new = chosen_rows(metric_id), lab.rows_not_evaluated
    words = f"Evaluate {len(chosen)} chosen" if chosen else f"Evaluate {new} new" if new else "Evaluate"
    with st.container(horizontal=True, key="lab-evaluate-buttons"):
        st.button(
            words,
            icon=":material/play_arrow:",
            type="primary" if (new == lab.rows or chosen) and not asked(metric_id) else "secondary",
            key="lab-evaluate",
            shortcut="E",
            disabled=not here.may(Role.EDITOR),
            help=EVALUATE if here.may(Role.EDITOR) else MAY_NOT,
            on_click=ask,
            args=(metric_id,),
        )
        if st.button(
            "Auto Improve",
            icon=":material/auto_fix_high:",
            type="primary" if lab.ready and not chosen else "secondary",
            key="lab-improve",
            disabled=lab.refusal is not None,
            help=lab.refusal or IMPROVE,
        ):
            session.go("metrics", metric=metric_id)
    if lab.refusal is not None:
        st.caption(f"Auto Improve waits. {plain.label(lab.refusal)}")


def _watch(here: Here, metric_id: int) -> None:
    found = evaluations.state(here.database, here.actor, metric_id)
    if found.job is None or not found.going:
        st.session_state[SAID] = "The evaluation is over."
        st.rerun()
    with st.container(border=True, key="lab-evaluation"):
        _show_progress(found, found.job)
        if st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key="lab-cancel",
            help="What was judged until then stays in the rows.",
            disabled=found.job.cancel_requested or not here.may(Role.EDITOR),
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
        words = f"Judging: {job.calls_done} of {job.calls_expected or '…'} calls{_left(found.seconds_left)}"
    st.progress(min(1.0, job.calls_done / job.calls_expected) if job.calls_expected else 0.0, text=words)
    if (found.waits_seconds or 0) > SLOW_SECONDS:
        st.caption(
            "No worker has taken it yet. It starts by itself once one runs; the page Status says more."
        )


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f", about {max(1, round(seconds))} s left"
    return f", about {round(seconds / 60)} min left"


def _show_last(job: JobView) -> None:
    """What went wrong the last time; that all went well shows in the rows."""
    if job.status == "failed":
        st.error(f"The last evaluation failed{_kept(job)} {plain.label(job.error)}", icon=":material/error:")
    elif job.status == "finished" and job.error:
        st.warning(f"In the last evaluation {plain.label(job.error)}", icon=":material/warning:")
    elif job.status == "cancelled":
        st.caption(f"The last evaluation was cancelled{_kept(job)}")


def _kept(job: JobView) -> str:
    """How far it came; what it answered until then is in the rows."""
    if not job.calls_done:
        return "."
    return f" after {job.calls_done} of {job.calls_expected} calls; their verdicts are in the rows."
