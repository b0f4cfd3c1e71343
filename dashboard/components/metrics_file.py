"""A metric's definition as a file: out of the page, and into it."""

from __future__ import annotations

import streamlit as st

from core import metrics
from core.errors import BadDefinition
from core.metrics import MetricDetails, MetricFile
from dashboard.components import plain

UPLOADS = "metrics-file-uploads"
"""Counts the files that were taken: a new key empties the field."""


def offer_export(metric: MetricDetails) -> None:
    st.download_button(
        "Export as JSON",
        metrics.metric_file(metric),
        file_name=metrics.file_name(metric),
        mime="application/json",
        key=f"metrics-export-{metric.id}",
        icon=":material/download:",
        on_click="ignore",
        help="The live definition and the settings, without labels or history. *New metric → From a file* "
        "and `python -m core metric add --file` read it.",
    )


def ask_file(key: str) -> MetricFile | None:
    """What a file says, once; a file that can't be read is told in a sentence."""
    count = st.session_state.get(UPLOADS, 0)
    file = st.file_uploader("Definition", type="json", key=f"{key}-{count}", label_visibility="collapsed")
    if file is None:
        return None
    try:
        found = metrics.read_metric_file(file.getvalue())
    except BadDefinition as error:
        st.error(plain.label(str(error)), icon=":material/error:")
        return None
    st.session_state[UPLOADS] = count + 1
    return found
