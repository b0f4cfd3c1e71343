"""The tab Versions: what was live when, what changed between any two, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import metrics
from core.metrics import MetricDetails, VersionView
from core.notifications.legible import one_line
from core.notifications.summary import definition_fields
from dashboard import session
from dashboard.components import paging, plain, said, times
from dashboard.components.diff import show_diff
from dashboard.components.links import show_link
from dashboard.components.metrics_words import TYPES
from dashboard.session import Here

AT_ONCE = 20
RESTORING = "metrics-restoring"


@dataclass(frozen=True, slots=True)
class Restoring:
    """What a dialog asks about, which stays open when the page is drawn anew meanwhile.

    `metric` is as it was when the dialog opened: what is confirmed is what was seen.
    """

    metric: MetricDetails
    number: int


def show_versions(here: Here, metric: MetricDetails) -> None:
    found = metrics.list_versions(here.database, here.actor, metric.id)
    if len(found) > 1:
        _show_comparison(here, metric, found)
    else:
        st.caption(
            "This is the first version. Edits and applied proposals add further ones, never replace it."
        )
    shown = found[: paging.shown(AT_ONCE)]
    for version in shown:
        _show_version(here, metric, version)
    asked: Restoring | None = st.session_state.get(RESTORING)
    if asked is not None and asked.metric.id == metric.id:
        _ask_to_restore(here, asked.metric, asked.number)
    paging.offer_more(len(found), len(shown), AT_ONCE, "metrics-versions-more")


def _show_comparison(here: Here, metric: MetricDetails, found: Sequence[VersionView]) -> None:
    names = {version.number: _name(version) for version in found}
    numbers = list(names)
    with st.container(border=True, key="metrics-comparison"):
        old_column, new_column = st.columns(2)
        old = old_column.selectbox(
            "Compare",
            numbers,
            index=1,
            format_func=names.__getitem__,
            key=f"metrics-old-{metric.id}-{metric.version}",
        )
        new = new_column.selectbox(
            "with",
            numbers,
            index=0,
            format_func=names.__getitem__,
            key=f"metrics-new-{metric.id}-{metric.version}",
        )
        show_diff(_fields(here, metric.id, old), _fields(here, metric.id, new), f"metrics-diff-{metric.id}")


def _fields(here: Here, metric_id: int, number: int) -> dict[str, str]:
    return definition_fields(metrics.version_definition(here.database, here.actor, metric_id, number))


def _name(version: VersionView) -> str:
    live = " (live)" if version.live else ""
    comment = f" · {one_line(version.comment, 60)}" if version.comment else ""
    return f"Version {version.number}{live}{comment}"


def _show_version(here: Here, metric: MetricDetails, version: VersionView) -> None:
    with st.container(border=True, key=f"metrics-version-{version.number}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
                st.markdown(f"**Version {version.number}**", width="content")
                if version.live:
                    st.badge("Live", icon=":material/check_circle:", color="green")
                if version.type is not metric.definition.type:
                    st.badge(TYPES[version.type], color="gray")
            _offer_actions(here, metric, version)
        plain.sentence(version.comment or "No comment.")
        at = times.moment(version.created_at, here.the_project.zone)
        times.caption(at + f" · {plain.label(version.author)} · {version.origin}")


def _offer_actions(here: Here, metric: MetricDetails, version: VersionView) -> None:
    with st.container(horizontal=True, gap="xsmall", width="content"):
        if version.run_id is not None:
            show_link("runs", f"Run {version.run_id}", icon="history", run=version.run_id, metric=metric.id)
        if not version.live and st.button(
            "Roll back", key=f"metrics-restore-{version.number}", icon=":material/undo:"
        ):
            st.session_state[RESTORING] = Restoring(metric, version.number)


def _stop_asking() -> None:
    st.session_state.pop(RESTORING, None)


@st.dialog("Roll back?", width="large", icon=":material/undo:", on_dismiss=_stop_asking)
def _ask_to_restore(here: Here, metric: MetricDetails, number: int) -> None:
    st.markdown(
        f"A new version, equal to version {number}, becomes the live one. Version {metric.version} stays "
        "in the list."
    )
    if metric.waiting_proposal is not None:
        st.caption(":material/info: The proposal that waits for review is closed by this.")
    show_diff(
        definition_fields(metric.definition), _fields(here, metric.id, number), f"metrics-back-{number}"
    )
    reason = st.text_input(
        "Why?", key=f"metrics-reason-{number}", max_chars=500, placeholder="Kept with the version"
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep the live version", key="metrics-restore-no"):
            _stop_asking()
            st.rerun()
        if st.button(f"Roll back to version {number}", key="metrics-restore-yes", type="primary"):
            _restore(here, metric, number, (reason or "").strip())


def _restore(here: Here, metric: MetricDetails, number: int, reason: str) -> None:
    if not reason:
        st.error("Say in a few words why, so that the others understand it later.", icon=":material/edit:")
        return
    with session.saying_refusals():
        made = metrics.restore(
            here.database,
            here.actor,
            metric.id,
            number,
            expected_revision=metric.revision,
            reason=reason,
        )
        _stop_asking()
        said.say("metrics", f"Version {made.version}, equal to version {number}, is live.")
        st.rerun()
