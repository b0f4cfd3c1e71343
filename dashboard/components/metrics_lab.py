"""The tab Lab: what the metric's labels amount to, and what would make a run more useful."""

from __future__ import annotations

import streamlit as st

from core import lab
from core.lab import LabStanding
from core.metrics import MetricDetails
from dashboard import session
from dashboard.components import plain
from dashboard.components.empty import empty_state
from dashboard.session import Here


def show_lab(here: Here, metric: MetricDetails) -> None:
    standing = lab.lab_standing(here.database, here.actor, metric.id)
    if not standing.rows:
        empty_state(
            "science",
            "The Lab is empty",
            "Bring in a few calls, let the metric judge them, and say where it is wrong and why.",
        )
    else:
        _show_counts(standing)
        _show_classes(standing)
        for warning in standing.warnings:
            st.warning(plain.label(warning), icon=":material/lightbulb:")
    if st.button("Open the Lab", key="metrics-lab", type="primary", icon=":material/science:"):
        session.go("lab", metric=metric.id)


def _show_counts(standing: LabStanding) -> None:
    judged = standing.agreeing + standing.disagreeing
    disagree = f"{standing.disagreeing} of {judged} judged" if judged else "none judged yet"
    shown = (
        ("Labelled", f"{standing.labelled} of {standing.rows} rows"),
        ("Disagree with the judge", disagree),
        ("Of those with a note", f"{standing.disagreeing_with_note} of {standing.disagreeing}"),
        ("New since the last run", f"{standing.new} labels or notes"),
    )
    for column, (name, value) in zip(st.columns(len(shown)), shown, strict=True):
        with column.container(border=True, height="stretch"):
            st.caption(name)
            st.markdown(f"**{value}**")


def _show_classes(standing: LabStanding) -> None:
    """How often each value is the label, most often first."""
    if not standing.labelled:
        return
    st.markdown("**What the labels say**")
    with st.container(border=True, key="metrics-classes"):
        for value, count in sorted(standing.classes.items(), key=lambda entry: (-entry[1], entry[0])):
            share = f"{plain.short(value)}: {count} of {standing.labelled} ({count / standing.labelled:.0%})"
            st.progress(count / standing.labelled, text=share)
