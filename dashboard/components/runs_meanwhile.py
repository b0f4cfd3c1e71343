"""What changed in the metric since the run: who, when, why, and how the live definition reads now."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.runs.meanwhile import LaterVersion, Meanwhile
from core.runs.result_detail import ResultDetail
from core.runs.settings_since import SettingChange
from core.terms import EvalType, Outcome
from dashboard.components import plain, times
from dashboard.components.diff import show_diff
from dashboard.components.metrics_words import EVAL_TYPES
from dashboard.session import Here

SHOWN = 5
VALUE = 300
"""Characters of a setting."""
SETTINGS = "Scores from before and after cannot be compared."
NAMES = {
    "eval_type": "The type of answer",
    "enum_values": "The values to answer with",
    "tolerance": "The tolerance",
    "model": "The model",
    "project_model": "The project's model",
    "address": "Where the project's models are asked",
}
WIDER = {
    "model": "the project's",
    "project_model": "the installation's",
    "address": "the installation's endpoint",
}
"""What stands there where nothing was set."""


def show_meanwhile(here: Here, result: ResultDetail) -> None:
    """Where what the run wrote was overtaken and is not live; nothing where it was not."""
    overtaken = result.outcome is Outcome.STALE or (
        result.proposal is not None and result.proposal.state in ("waiting", "superseded")
    )
    if result.meanwhile is None or not overtaken:
        return
    with st.container(border=True, key=f"runs-meanwhile-{result.id}", gap="small"):
        st.markdown("**:material/update: What changed meanwhile**")
        _show_versions(here, result.meanwhile)
        if result.meanwhile.resettled:
            _show_settings(result.meanwhile)
        if result.labels_changed and not result.waits:
            st.markdown(f":material/label: {_labels(result.labels_changed)}")
        st.caption("“Run again” starts from the metric and the labels as they are now.")
        if result.before is not None and result.before != result.meanwhile.live:
            title = f"From version {result.base_version}, which the run started from, to the live one"
            with st.expander(title, key=f"runs-since-{result.id}", icon=":material/difference:"):
                show_diff(result.before, result.meanwhile.live, f"runs-since-diff-{result.id}")


def _show_versions(here: Here, meanwhile: Meanwhile) -> None:
    for version in meanwhile.versions[:SHOWN]:
        _show_version(here, version)
    rest = meanwhile.count - SHOWN
    if rest > 0:
        st.caption(f"and {rest} {'version' if rest == 1 else 'versions'} before these")


def _show_settings(meanwhile: Meanwhile) -> None:
    changes = [
        f"{NAMES[one.name]}: {_value(one, one.before)} → {_value(one, one.after)}"
        for one in meanwhile.settings
    ]
    for change in changes or ["The metric's settings were changed."]:
        st.markdown(f":material/tune: {change}")
    st.caption(SETTINGS)


def _value(change: SettingChange, value: Any) -> str:
    if value is None:
        return WIDER[change.name]
    if change.name == "eval_type":
        return EVAL_TYPES[EvalType(value)]
    if change.name == "tolerance":
        return f"{value:g}"
    return f"“{plain.label(', '.join(value) if isinstance(value, list) else value, VALUE)}”"


def _labels(count: int) -> str:
    return f"{count} {'label was' if count == 1 else 'labels were'} given, changed or taken back."


def _show_version(here: Here, version: LaterVersion) -> None:
    comment = f": {plain.label(version.comment, 300)}" if version.comment else ""
    at = times.moment(version.created_at, here.the_project.zone)
    times.show(f"Version {version.number} by {plain.short(version.author)}, " + at + comment)
