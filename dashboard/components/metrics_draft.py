"""Score a draft before it is saved: judged beside the live version on the Lab's labels, or on new calls."""

from __future__ import annotations

import streamlit as st

from core import jobs, metrics, runs, trials
from core.errors import BadDefinition
from core.metrics import MetricDetails
from core.runs import CallEstimate
from core.terms import Definition
from core.trials import NewTrial, Scope, TrialView
from dashboard import session
from dashboard.components import plain
from dashboard.components.links import show_link
from dashboard.components.metrics_draft_rows import show_flips
from dashboard.components.month_left import show_month
from dashboard.components.schedule_budget import in_money
from dashboard.components.scores import change_text, score_text
from dashboard.session import Here

EVERY_SECONDS = 1.0
LONG_WAIT_SECONDS = 10.0
SCOPES = {Scope.LABELS: "On the labelled rows", Scope.RECENT: "On the newest calls without a label"}
NO_REDIS = "Redis does not answer; the draft is stored and scored when it is back."


def show_draft(here: Here, metric: MetricDetails, definition: Definition) -> None:
    """The panel below the form of a new version; `definition` is what stands there now."""
    with st.container(border=True, key="metrics-draft"):
        st.markdown("**Score this draft before you save it**")
        trial = _watched(here, metric.id)
        if trial is not None and not trial.job.final:
            st.fragment(_show_going, run_every=EVERY_SECONDS)(here, trial.id)
            return
        scope = _choose_scope(metric.id)
        _offer(here, metric, NewTrial(metric.id, definition, scope), again=trial is not None)
        if trial is not None:
            _show_outcome(here, trial, definition)


def forget(metric_id: int) -> None:
    st.session_state.pop(_key(metric_id), None)


def _key(metric_id: int) -> str:
    return f"metrics-draft-{metric_id}"


def _watched(here: Here, metric_id: int) -> TrialView | None:
    """The draft that was scored from this form; or one of this person that is still on its way."""
    known = st.session_state.get(_key(metric_id))
    if known is not None:
        return trials.show_trial(here.database, here.actor, known)
    for scope in Scope:
        trial = trials.newest_trial(here.database, here.actor, metric_id, scope)
        if trial is not None and not trial.job.final and trial.starter == here.person.email:
            st.session_state[_key(metric_id)] = trial.id
            return trial
    return None


def _choose_scope(metric_id: int) -> Scope:
    scope = st.segmented_control(
        "Calls",
        list(Scope),
        default=Scope.LABELS,
        format_func=SCOPES.__getitem__,
        key=f"metrics-draft-scope-{metric_id}",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    return Scope(scope)


def _offer(here: Here, metric: MetricDetails, wanted: NewTrial, *, again: bool) -> None:
    reason = _why_not(metric, wanted.definition)
    size = trials.size_of(here.database, here.actor, wanted)
    if reason is None and not size.calls:
        reason = "There is no such call yet."
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Score it again" if again else "Score the draft",
            key="metrics-draft-score",
            icon=":material/rule:",
            disabled=reason is not None,
        )
        st.caption(plain.label(reason) if reason else _cost_words(here, metric, size.calls, size.model_calls))
    if not size.calls and wanted.scope is Scope.LABELS:
        show_link("lab", "Label calls in the Lab", icon="science", metric=metric.id)
    show_month(here, size.model_calls)
    if pressed:
        with session.saying_refusals():
            _start(here, wanted)
            st.rerun()


def _why_not(metric: MetricDetails, definition: Definition) -> str | None:
    try:
        metrics.check_definition(definition)
    except BadDefinition as error:
        return str(error)
    if definition == metric.definition:
        return f"The draft says what version {metric.version} says. Change it, and see what that does."
    return None


def _cost_words(here: Here, metric: MetricDetails, calls: int, model_calls: int) -> str:
    judged = (
        f"Judges {calls:,} call{'' if calls == 1 else 's'} with the draft and with version {metric.version}"
    )
    if not model_calls:
        return f"{judged}, without a model call."
    estimate = CallEstimate(metric.id, calls, model_calls)
    cost = runs.estimated_cost(here.database, here.actor, here.settings, here.the_project.id, [estimate])
    money = f", about {in_money(cost.total)}" if cost.total is not None else ""
    return f"{judged}: about {model_calls:,} model calls{money}. Nothing of the metric changes."


def _start(here: Here, wanted: NewTrial) -> None:
    started = trials.start(here.database, here.actor, wanted)
    st.session_state[_key(wanted.metric_id)] = started.trial_id
    if not jobs.push_now(here.database, here.redis, [started.job_id]):
        st.session_state[f"{_key(wanted.metric_id)}-note"] = NO_REDIS


def _show_going(here: Here, trial_id: int) -> None:
    """The live panel; once the trial is over, the page is drawn anew with what it came to."""
    trial = trials.show_trial(here.database, here.actor, trial_id)
    if trial.job.final:
        st.rerun()
    note = st.session_state.pop(f"{_key(trial.metric_id)}-note", None)
    if note:
        st.info(note, icon=":material/info:")
    job = trial.job
    done = job.calls_done / max(job.calls_expected, job.calls_done, 1)
    st.progress(done, text=_progress_words(trial))
    if (trial.waits_seconds or 0) > LONG_WAIT_SECONDS:
        st.caption("No worker has taken it yet. It starts by itself once one runs.")
    if st.button(
        "Cancel", key="metrics-draft-cancel", icon=":material/stop_circle:", disabled=job.cancel_requested
    ):
        with session.saying_refusals():
            trials.cancel(here.database, here.actor, trial.id)
            st.rerun()


def _progress_words(trial: TrialView) -> str:
    job = trial.job
    if job.cancel_requested:
        return "**Stopping**"
    if job.status == "queued":
        return "**Waiting for a worker**"
    calls = f" · {job.calls_done:,} of {job.calls_expected:,} model calls" if job.calls_expected else ""
    return f"**{plain.label(job.stage) or 'Starting'}**{calls}"


def _show_outcome(here: Here, trial: TrialView, definition: Definition) -> None:
    if trial.job.status == "cancelled":
        st.caption("Cancelled. Nothing was changed.")
        return
    if trial.job.status == "failed":
        st.error(f"It could not be scored: {plain.label(trial.job.error)}", icon=":material/error:")
        return
    if trial.definition != definition:
        st.caption(":material/history: This is what an earlier wording came to; the draft was changed since.")
    if trial.outdated:
        st.caption(":material/history: The metric was changed since; score the draft again to compare.")
    _show_score(trial)
    show_flips(here, trial)


def _show_score(trial: TrialView) -> None:
    if trial.scope is Scope.LABELS and trial.baseline is not None:
        change = change_text(trial.baseline, trial.tried)
        color = "red" if trial.lower else "green"
        st.markdown(
            f"The draft agrees with **{score_text(trial.tried)}**, version {trial.base_version} with "
            f"**{score_text(trial.baseline)}**{f': :{color}[{change}]' if change else ''}."
        )
    spent = f"{trial.calls:,} model calls"
    st.caption(f"{spent}, {in_money(trial.cost)}" if trial.cost else spent)
