"""The tab Settings: what of a metric is not versioned, and the whole of it as a file."""

from __future__ import annotations

import streamlit as st

from core import metrics
from core.errors import EditedMeanwhile, PlumblineError
from core.metrics import MetricDetails, MetricSettings
from core.terms import Role
from dashboard import session
from dashboard.components import metrics_answers, plain, said
from dashboard.components.metrics_answers import Name
from dashboard.components.metrics_file import offer_export
from dashboard.session import Here

WHAT_IT_DOES = (
    "What changes the score (the kind of answer, its values, the tolerance, the model) makes a run that is "
    "going stale, and closes a proposal that waits."
)


def show_settings(here: Here, metric: MetricDetails) -> None:
    editor = here.may(Role.EDITOR)
    if editor:
        _show_form(here, metric)
    else:
        st.caption("An editor of the project can change the settings of a metric.")
    st.divider()
    st.markdown("**The metric as a file**")
    st.caption("To keep it beside your code, or to make the same metric in another project.")
    offer_export(metric)


def _seen_key(metric_id: int) -> str:
    return f"metrics-set-seen-{metric_id}"


def _name_for(metric_id: int) -> Name:
    return lambda field: f"metrics-set-{field}-{metric_id}"


def _show_form(here: Here, metric: MetricDetails) -> None:
    name = _name_for(metric.id)
    seen: MetricSettings = st.session_state.setdefault(_seen_key(metric.id), metrics.settings_of(metric))
    metrics_answers.begin(name, seen)
    if seen != metrics.settings_of(metric):
        _show_overtaken(metric.id)
    new_name = metrics_answers.ask_name(name)
    answers = metrics_answers.ask_answers(name)
    model = metrics_answers.ask_model(name)
    critical = _ask_critical(here, name, seen)
    st.caption(f":material/info: {WHAT_IT_DOES}")
    if st.button("Save the settings", key="metrics-set-save", type="primary", icon=":material/save:"):
        with session.saying_refusals():
            wanted = MetricSettings(new_name, metrics.read_eval_settings(answers), model, critical)
            _save(here, metric, wanted, seen)


def _ask_critical(here: Here, name: Name, seen: MetricSettings) -> bool:
    lifting = seen.critical and not here.may(Role.ADMIN)
    critical = metrics_answers.ask_critical(name, disabled=lifting)
    if lifting:
        st.caption("Only an admin can take this mark away.")
    elif critical and not seen.critical:
        st.caption(
            "Schedules with auto-apply become read-only for this metric, until an admin confirms it in each "
            "of them by typing its name."
        )
    return critical


def _save(here: Here, metric: MetricDetails, wanted: MetricSettings, seen: MetricSettings) -> None:
    try:
        saved = metrics.edit_settings(here.database, here.actor, metric.id, wanted, seen=seen)
    except EditedMeanwhile:
        st.rerun()  # the form says what to do about it
    except PlumblineError as error:
        st.error(plain.label(str(error)), icon=":material/block:")
        return
    _begin_anew(metric.id)
    changed = metrics.settings_of(saved) != metrics.settings_of(metric)
    said.say(
        "metrics",
        f"The settings of “{saved.name}” are saved."
        if changed
        else "Nothing was changed, so nothing was saved.",
    )
    st.rerun()


def _show_overtaken(metric_id: int) -> None:
    st.warning(
        "Somebody changed these settings while you were looking at them. Nothing is overwritten: load them "
        "as they are now, then change what you want to change.",
        icon=":material/group:",
    )
    if st.button("Load them as they are now", key="metrics-set-reload"):
        _begin_anew(metric_id)
        st.rerun()


def _begin_anew(metric_id: int) -> None:
    st.session_state.pop(_seen_key(metric_id), None)
    metrics_answers.forget(_name_for(metric_id))
