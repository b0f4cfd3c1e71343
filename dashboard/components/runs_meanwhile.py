"""What changed in the metric since the run: who, when, why, and how the live definition reads now."""

from __future__ import annotations

import streamlit as st

from core.runs.meanwhile import LaterVersion
from core.runs.result_detail import ResultDetail
from core.terms import Outcome
from dashboard.components import plain, times
from dashboard.components.diff import show_diff
from dashboard.session import Here

SHOWN = 5
SETTINGS = (
    "The metric's settings (its type of answer, values or tolerance) were changed: scores from before and "
    "after cannot be compared."
)


def show_meanwhile(here: Here, result: ResultDetail) -> None:
    """Where what the run wrote was overtaken and is not live; nothing where it was not."""
    overtaken = result.outcome is Outcome.STALE or (
        result.proposal is not None and result.proposal.state in ("waiting", "superseded")
    )
    if result.meanwhile is None or result.after is None or not overtaken:
        return
    with st.container(border=True, key=f"runs-meanwhile-{result.id}", gap="small"):
        st.markdown("**:material/update: What changed meanwhile**")
        for version in result.meanwhile.versions[:SHOWN]:
            _show_version(here, version)
        if len(result.meanwhile.versions) > SHOWN:
            st.caption(f"and {len(result.meanwhile.versions) - SHOWN} versions before these")
        if result.meanwhile.settings_changed:
            st.caption(SETTINGS)
        if result.before is not None and result.before != result.meanwhile.live:
            title = f"From version {result.base_version}, which the run started from, to the live one"
            with st.expander(title, key=f"runs-since-{result.id}", icon=":material/difference:"):
                show_diff(result.before, result.meanwhile.live, f"runs-since-diff-{result.id}")


def _show_version(here: Here, version: LaterVersion) -> None:
    comment = f": {plain.label(version.comment, 300)}" if version.comment else ""
    at = times.moment(version.created_at, here.the_project.zone)
    times.show(f"Version {version.number} by {plain.short(version.author)}, " + at + comment)
