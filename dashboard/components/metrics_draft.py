"""Score a draft before it is saved: judged beside the live version on the Lab's labels, or on new calls."""

from __future__ import annotations

import streamlit as st

from core import metrics, trials
from core.errors import BadDefinition
from core.metrics import MetricDetails
from core.terms import Definition
from core.trials import NewTrial, Scope, Size, TrialView
from dashboard import session
from dashboard.components import plain, trial_progress, trial_scores
from dashboard.components.links import show_link
from dashboard.components.metrics_flips import show_flips
from dashboard.components.month_left import show_month
from dashboard.session import Here

SCOPES = {Scope.LABELS: "On the labelled rows", Scope.RECENT: "On the newest calls without a label"}


def show_draft(here: Here, metric: MetricDetails, definition: Definition) -> None:
    """The panel below the form of a new version; `definition` is what stands there now."""
    with st.container(border=True, key="metrics-draft"):
        st.markdown("**Score this draft before you save it**")
        trial = _watched(here, metric.id)
        if trial is not None and not trial.job.final:
            trial_progress.show_going(here, trial)
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
        st.caption(plain.label(reason) if reason else _size_words(here, metric, size))
    if not size.calls and wanted.scope is Scope.LABELS:
        show_link("lab", "Label calls in the Lab", icon="science", metric=metric.id)
    show_month(here, size.model_calls)
    if pressed:
        with session.saying_refusals():
            started = trials.start(here.database, here.actor, wanted)
            st.session_state[_key(metric.id)] = started.trial_id
            trial_progress.push(here, "metrics", started)
            st.rerun()


def _why_not(metric: MetricDetails, definition: Definition) -> str | None:
    try:
        metrics.check_definition(definition)
    except BadDefinition as error:
        return str(error)
    if definition == metric.definition:
        return f"The draft says what version {metric.version} says. Change it, and see what that does."
    return None


def _size_words(here: Here, metric: MetricDetails, size: Size) -> str:
    calls = f"{size.calls:,} call{'' if size.calls == 1 else 's'}"
    return (
        f"Judges {calls} with the draft and with version {metric.version}: "
        f"{trial_progress.size_words(here, metric.id, size)}. Nothing of the metric changes."
    )


def _show_outcome(here: Here, trial: TrialView, definition: Definition) -> None:
    trial_progress.show_trouble(trial)
    if not trial.finished:
        return
    if trial.definition != definition:
        st.caption(":material/history: This is what an earlier wording came to; the draft was changed since.")
    if trial.outdated:
        st.caption(":material/history: The metric was changed since; score the draft again to compare.")
    if trial.scope is Scope.LABELS:
        trial_scores.show_trial_scores(trial, "This draft")
        trial_scores.show_trial_rows(here, trial)
    else:
        show_flips(here, trial)
    st.caption(f":material/receipt_long: {trial_progress.spent_words(trial)}")
