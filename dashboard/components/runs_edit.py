"""Edit before applying: change a proposal's text or take some of its fields, score that, then apply it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core import metrics, runs, trials
from core.errors import PlumblineError
from core.notifications.summary import definition_fields
from core.notifications.wording import FIELD_NAMES
from core.runs.result_detail import ResultDetail
from core.terms import Definition, MetricType, Trigger, TriggerKind
from core.trials import NewTrial, Scope, TrialView
from dashboard import session
from dashboard.components import plain, trial_progress, trial_scores
from dashboard.components.diff import show_diff
from dashboard.components.metrics_words import TRIGGERS
from dashboard.components.runs_decision import EDITING
from dashboard.session import Here

CODE = ("type", "custom_code")
"""Taken together: one makes no sense without the other."""
ABOUT = (
    "Nothing is saved and nothing goes live while you edit. Score your edit on the labels first; it can be "
    "applied unless it agrees with fewer of them than the live prompt."
)


def show_editor(here: Here, result: ResultDetail) -> None:
    """Where a proposal waits and the address says so."""
    if not result.waits or EDITING not in st.query_params:
        return
    live = metrics.retrieve(here.database, here.actor, result.metric_id).definition
    proposed = runs.written_candidate(here.database, here.actor, result.id).definition
    last = trials.newest_trial(
        here.database,
        here.actor,
        result.metric_id,
        Scope.LABELS,
        result_id=result.id,
        other_than=proposed,
    )
    st.subheader("Edit before applying", anchor=False)
    with st.container(border=True, key=f"runs-editor-{result.id}"):
        st.caption(ABOUT)
        edited = _ask(result.id, live, proposed, _begun(result.id, last.definition if last else proposed))
        if last is not None and not last.job.final:
            trial_progress.show_going(here, last)
            return
        _show_score(here, result, edited, proposed)
    if last is not None:
        _show_scored(here, result, live, edited, last)


def _begun(result_id: int, definition: Definition) -> Definition:
    """What the editor opened with, however often somebody else scores an edit of theirs meanwhile."""
    begun: Definition = st.session_state.setdefault(f"runs-begun-{result_id}", definition)
    return begun


def _ask(result_id: int, live: Definition, proposed: Definition, begun: Definition) -> Definition:
    """The definition as edited: it begins with what was scored last, else with the proposal."""
    fields = _taken(result_id, live, proposed)
    edited = begun
    if "description" in fields:
        label = FIELD_NAMES["description"]
        key = f"runs-description-{result_id}"
        text = st.text_area(label, begun.description, key=key, height=_height(begun.description))
        edited = replace(edited, description=text or "")
    if "evaluation_trigger" in fields:
        edited = replace(edited, trigger=_ask_trigger(result_id, begun.trigger, proposed.trigger))
    if proposed.type is MetricType.CUSTOM_CODE and "custom_code" in fields:
        begun_code = begun.custom_code or proposed.custom_code
        code = st.text_area(FIELD_NAMES["custom_code"], begun_code, key=f"runs-code-{result_id}", height=260)
        edited = replace(edited, type=proposed.type, custom_code=code or "")
    return runs.taking(live, edited, fields)


def _height(text: str) -> int:
    """Pixels that show a text of that length without a long way to scroll."""
    return max(120, min(360, 24 * (text.count("\n") + len(text) // 100 + 3)))


def _taken(result_id: int, live: Definition, proposed: Definition) -> set[str]:
    """The fields to take from the proposal. One that the proposal leaves alone can be edited all the same."""
    before, after = definition_fields(live), definition_fields(proposed)
    changed = [name for name in ("description", "evaluation_trigger") if before[name] != after[name]]
    if any(before[name] != after[name] for name in CODE):
        changed.append("custom_code")
    if len(changed) < 2:
        return {"description", *changed, *CODE}
    chosen = st.pills(
        "Take from the proposal",
        changed,
        default=changed,
        selection_mode="multi",
        format_func=FIELD_NAMES.__getitem__,
        key=f"runs-taken-{result_id}",
        help="What is not taken stays as it is live.",
    )
    taken = set(chosen or ())
    return taken | (set(CODE) if "custom_code" in taken else set())


def _ask_trigger(result_id: int, begun: Trigger, proposed: Trigger) -> Trigger:
    kind = begun.kind if begun.kind is not TriggerKind.ALWAYS else proposed.kind
    if kind is TriggerKind.ALWAYS:
        st.caption(f"{FIELD_NAMES['evaluation_trigger']}: {TRIGGERS[TriggerKind.ALWAYS]}")
        return Trigger()
    label = FIELD_NAMES["evaluation_trigger"]
    text = st.text_area(label, begun.text or proposed.text, key=f"runs-trigger-{result_id}", height=110)
    return Trigger(kind, text or "")


def _show_score(here: Here, result: ResultDetail, edited: Definition, proposed: Definition) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Score this edit", type="primary", icon=":material/scale:", key=f"runs-score-edit-{result.id}"
        )
        st.caption(_about_scoring(here, result, edited), width="content")
    if edited == proposed:
        st.caption(":material/info: This is the proposal as it stands: change something first.")
    if pressed and result.proposal is not None:
        with session.saying_refusals():
            started = runs.score_edited(here.database, here.actor, result.proposal.id, edited)
            trial_progress.push(here, "runs", started)
            st.rerun()


def _about_scoring(here: Here, result: ResultDetail, edited: Definition) -> str:
    wanted = NewTrial(result.metric_id, edited, result_id=result.id)
    try:
        size = trials.size_of(here.database, here.actor, wanted)
    except PlumblineError as error:
        return plain.label(str(error))
    words = trial_progress.size_words(here, result.metric_id, size)
    return f"On {size.calls:,} {'label' if size.calls == 1 else 'labels'}: {words}"


def _show_scored(
    here: Here, result: ResultDetail, live: Definition, edited: Definition, last: TrialView
) -> None:
    """What the last edit came to; that the text above is another one by now is said."""
    trial_progress.show_trouble(last)
    if not last.finished:
        return
    st.markdown("##### How your edit scores", anchors=False)
    if last.definition != edited:
        st.caption(
            ":material/edit_note: You changed the text since; these are the scores of what was scored."
        )
    trial_scores.show_trial_scores(last, "Your edit")
    _show_apply(here, result, edited, last)
    show_diff(definition_fields(live), definition_fields(last.definition), f"runs-edit-diff-{last.id}")
    trial_scores.show_trial_rows(here, last)
    st.caption(f":material/receipt_long: {trial_progress.spent_words(last)}")


def _show_apply(here: Here, result: ResultDetail, edited: Definition, last: TrialView) -> None:
    assert result.proposal is not None
    why_not = _why_not(edited, last)
    if last.labels_changed and not last.outdated:
        st.warning("Labels were changed after this was scored; score it again, or apply it all the same.")
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Apply this edit to the live metric",
            type="primary",
            icon=":material/check:",
            key=f"runs-apply-edit-{last.id}",
            disabled=bool(why_not),
        )
        if why_not:
            st.caption(why_not, width="content")
    if pressed:
        with session.saying_refusals():
            runs.apply_edited(here.database, here.actor, result.proposal.id, last.id)
            st.query_params.pop(EDITING, None)
            st.rerun()


def _why_not(edited: Definition, last: TrialView) -> str:
    if last.lower:
        return "It agrees with fewer labels than the live prompt: a lower score is never applied."
    if last.outdated:
        return "The metric was changed since: score it again."
    if last.definition != edited:
        return "Score the text as it is now, then apply it."
    return ""
