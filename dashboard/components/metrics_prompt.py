"""The tab Prompt: the live definition, and a form to edit it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import metrics, runs
from core.errors import EditedMeanwhile
from core.metrics import MetricDetails, MetricFile
from core.notifications.summary import definition_fields
from core.terms import Definition, MetricType, Role, TriggerKind
from dashboard import session
from dashboard.components import metrics_draft, metrics_form, plain, said
from dashboard.components.diff import show_diff
from dashboard.components.metrics_draft import show_draft
from dashboard.components.metrics_dry_run import show_dry_run
from dashboard.components.metrics_file import ask_file
from dashboard.components.metrics_form import Form, ask_definition, begin
from dashboard.components.metrics_words import EVAL_TYPES, TRIGGERS
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
        _show_definition(here, metric)
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
    """Fill the form with a text, whatever stood there before."""
    _forget(metric.id)
    begin(Form("metrics", f"-{metric.id}", text, ()), metric.settings)
    editing = Editing(text, metric.revision, because)
    st.session_state[_key(metric.id)] = editing
    return editing


def _show_definition(here: Here, metric: MetricDetails) -> None:
    definition = metric.definition
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**Live definition**, version {metric.version}", width="content")
        _offer_edit(here, metric)
    if definition.type is MetricType.CUSTOM_CODE:
        st.caption("Code")
        plain.code(definition.custom_code, TALL if len(definition.custom_code) > LONG else None)
    if definition.description or definition.type is MetricType.LLM_JUDGE:
        st.caption(
            "Description: the prompt that the judge answers"
            if definition.type is MetricType.LLM_JUDGE
            else "Description: what the code is meant to find out"
        )
        _show_text(definition.description)
    st.caption("Applies to")
    if definition.trigger.kind is TriggerKind.ALWAYS:
        st.markdown(TRIGGERS[TriggerKind.ALWAYS])
    else:
        st.markdown(f"{TRIGGERS[definition.trigger.kind]}:")
        show = plain.code if definition.trigger.kind is TriggerKind.CODE else plain.prompt
        show(definition.trigger.text, TALL if len(definition.trigger.text) > LONG else None)


def _offer_edit(here: Here, metric: MetricDetails) -> None:
    if not here.may(Role.EDITOR):
        return
    with st.container(horizontal=True, gap="xsmall", width="content"):
        if st.button("Edit", key="metrics-edit", icon=":material/edit:"):
            _begin(metric, metric.definition)
            st.rerun()
        with st.popover("From a file", icon=":material/upload_file:", key=f"metrics-open-file-{metric.id}"):
            st.caption("A definition in JSON opens in the form; nothing is saved until you do.")
            found = ask_file(f"metrics-file-{metric.id}")
    if found is not None:
        _begin(metric, found.definition, _from_file(metric, found))
        st.rerun()


def _from_file(metric: MetricDetails, found: MetricFile) -> str:
    said = "This is what the file says. Nothing is saved until you do."
    if found.rest.settings.eval_type is metric.settings.eval_type:
        return said
    kinds = (EVAL_TYPES[found.rest.settings.eval_type].lower(), EVAL_TYPES[metric.settings.eval_type].lower())
    return f"{said} It was written for another kind of answer: {kinds[0]}, while this metric is {kinds[1]}."


def _show_text(text: str) -> None:
    plain.prompt(text, TALL if len(text) > LONG else None)


def _show_form(here: Here, metric: MetricDetails, editing: Editing) -> None:
    if editing.because:
        st.info(editing.because, icon=":material/history:")
    if editing.overtaken:
        _show_overtaken(metric, editing)
    definition = ask_definition(_form(here, metric.id, editing.base), metric.settings)
    show_dry_run(here, definition, metric.settings, metric.id, f"metrics-{metric.id}")
    show_draft(here, metric, definition)
    _show_changes(metric, definition)
    comment = st.text_input(
        "What did you change, and why?",
        key=f"metrics-comment-{metric.id}",
        max_chars=500,
        placeholder="Shown in the list of versions",
        persist_state="session",
    )
    if metric.waiting_proposal is not None:
        st.caption(":material/info: A proposal waits for review. Saving an edit replaces it.")
    with st.container(horizontal=True):
        saved = st.button("Save as a new version", key="metrics-save", type="primary", icon=":material/save:")
        if st.button("Cancel", key="metrics-edit-cancel"):
            _end(metric.id)
            st.rerun()
    if saved:
        _save(here, metric, editing, definition, comment or "")


def _form(here: Here, metric_id: int, base: Definition) -> Form:
    facts = metrics.known_facts(here.database, here.actor, here.the_project.id)
    return Form("metrics", f"-{metric_id}", base, facts)


def _show_changes(metric: MetricDetails, definition: Definition) -> None:
    """What saving would change, before it is saved."""
    if definition == metric.definition:
        return
    with st.expander(
        f"What changes against version {metric.version}",
        icon=":material/difference:",
        key=f"metrics-changes-{metric.id}",
        on_change="rerun",
    ) as changes:
        if changes.open:
            before, after = definition_fields(metric.definition), definition_fields(definition)
            show_diff(before, after, f"metrics-draft-diff-{metric.id}")


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
    _forget(metric_id)


def _forget(metric_id: int) -> None:
    form = Form("metrics", f"-{metric_id}", Definition(""), ())
    metrics_form.forget(form)
    metrics_draft.forget(metric_id)
    for field in (f"metrics-comment-{metric_id}", f"metrics-{metric_id}-tried"):
        st.session_state.pop(field, None)
