"""The tab Prompt: the live definition, and a form to edit it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import metrics, runs
from core.errors import EditedMeanwhile
from core.metrics import MetricDetails
from core.notifications.summary import definition_fields
from core.terms import Definition, MetricType, Trigger, TriggerKind
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.diff import show_diff
from dashboard.components.metrics_words import TRIGGERS
from dashboard.session import Here

TALL = 420
LONG = 1_500
"""Characters from which a prompt scrolls in a box of its own."""


@dataclass(frozen=True, slots=True)
class Editing:
    """An edit under way: the definition it began with, and the revision it was read at.

    `because` says where the text came from when it is not the live one; `overtaken` that somebody
    else saved meanwhile.
    """

    base: Definition
    revision: int
    because: str = ""
    overtaken: bool = False


def show_prompt(here: Here, metric: MetricDetails) -> None:
    editing: Editing | None = st.session_state.get(_key(metric.id)) or _opened_by_link(here, metric)
    if editing is None:
        _show_definition(metric)
    else:
        _show_form(here, metric, editing)


def _key(metric_id: int) -> str:
    return f"metrics-editing-{metric_id}"


def _opened_by_link(here: Here, metric: MetricDetails) -> Editing | None:
    """A link from a run (`?edit=RESULT`) opens what that run wrote for this metric."""
    result_id = session.parameter("edit")
    if result_id is None:
        return None
    del st.query_params["edit"]
    found = runs.written_candidate(here.database, here.actor, result_id)
    if found.metric_id != metric.id:
        return None
    because = f"This is what run {found.run_id} wrote. Nothing is saved until you do."
    return _begin(metric, found.definition, because)


def _begin(metric: MetricDetails, text: Definition, because: str = "") -> Editing:
    editing = Editing(text, metric.revision, because)
    st.session_state[_key(metric.id)] = editing
    return editing


def _show_definition(metric: MetricDetails) -> None:
    definition = metric.definition
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**Live definition**, version {metric.version}", width="content")
        if st.button("Edit", key="metrics-edit", icon=":material/edit:"):
            _begin(metric, definition)
            st.rerun()
    st.caption("Description: the prompt that the judge answers")
    _show_text(definition.description)
    st.caption("Applies to")
    if definition.trigger.kind is TriggerKind.ALWAYS:
        st.markdown(TRIGGERS[TriggerKind.ALWAYS])
    else:
        st.markdown(f"{TRIGGERS[definition.trigger.kind]}:")
        _show_text(definition.trigger.text)
    if definition.type is MetricType.CUSTOM_CODE:
        st.caption("Code")
        _show_text(definition.custom_code)


def _show_text(text: str) -> None:
    plain.prompt(text, TALL if len(text) > LONG else None)


def _show_form(here: Here, metric: MetricDetails, editing: Editing) -> None:
    if editing.because:
        st.info(editing.because, icon=":material/history:")
    if editing.overtaken:
        _show_overtaken(metric, editing)
    definition = _ask(metric.id, editing.base)
    comment = st.text_input(
        "What did you change, and why?",
        key=f"metrics-comment-{metric.id}",
        max_chars=500,
        placeholder="Shown in the list of versions",
    )
    if metric.waiting_proposal is not None:
        st.caption(":material/info: A proposal waits for review. Saving an edit replaces it.")
    with st.container(horizontal=True):
        saved = st.button("Save as a new version", key="metrics-save", type="primary", icon=":material/save:")
        if st.button("Cancel", key="metrics-edit-cancel"):
            _end(metric.id)
            st.rerun()
    if saved:
        _save(here, metric, editing, definition, comment)


def _ask(metric_id: int, base: Definition) -> Definition:
    description = st.text_area(
        "Description: the prompt that the judge answers",
        base.description,
        key=f"metrics-description-{metric_id}",
        height=320,
        help="Say what passes and what fails. `{{metadata.key}}` names a fact of the call.",
    )
    code = ""
    if base.type is MetricType.CUSTOM_CODE:
        code = st.text_area("Code", base.custom_code, key=f"metrics-code-{metric_id}", height=260)
    return Definition(description or "", _ask_trigger(metric_id, base.trigger), base.type, code or "")


def _ask_trigger(metric_id: int, base: Trigger) -> Trigger:
    kinds = [kind for kind in TriggerKind if kind is not TriggerKind.CODE or base.kind is kind]
    kind: TriggerKind = st.radio(
        "Which calls does it apply to?",
        kinds,
        index=kinds.index(base.kind),
        format_func=TRIGGERS.__getitem__,
        key=f"metrics-trigger-{metric_id}",
        horizontal=True,
    )
    if kind is TriggerKind.ALWAYS:
        return Trigger()
    text = st.text_area("It applies when", base.text, key=f"metrics-trigger-text-{metric_id}", height=110)
    return Trigger(kind, text or "")


def _save(here: Here, metric: MetricDetails, editing: Editing, mine: Definition, comment: str) -> None:
    with session.saying_refusals():
        try:
            saved = metrics.edit_definition(
                here.database,
                here.actor,
                metric.id,
                mine,
                expected_revision=editing.revision,
                comment=comment.strip(),
            )
        except EditedMeanwhile:
            st.session_state[_key(metric.id)] = Editing(
                editing.base, editing.revision, editing.because, overtaken=True
            )
            st.rerun()
        _end(metric.id)
        changed = saved.version != metric.version
        said.say(
            "metrics",
            f"Version {saved.version} is live." if changed else "Nothing was changed, so nothing was saved.",
        )
        st.rerun()


def _show_overtaken(metric: MetricDetails, editing: Editing) -> None:
    """Somebody was faster: what they changed, and a way on that overwrites nothing unseen."""
    st.warning(
        f"Somebody saved version {metric.version} while you were editing. Nothing was overwritten, and your "
        "text is still below. See what they changed, carry over what you want to keep, then go on.",
        icon=":material/group:",
    )
    show_diff(
        definition_fields(editing.base), definition_fields(metric.definition), f"metrics-theirs-{metric.id}"
    )
    if st.button(f"I have seen version {metric.version}: go on", key="metrics-seen"):
        st.session_state[_key(metric.id)] = Editing(editing.base, metric.revision, editing.because)
        st.rerun()


def _end(metric_id: int) -> None:
    st.session_state.pop(_key(metric_id), None)
