"""A new metric: a form that teaches what makes a good one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import streamlit as st

from core import metrics
from core.accounts import clean_name
from core.errors import AlreadyExists, BadDefinition, Refused
from core.terms import Definition, EvalSettings, EvalType, Trigger, TriggerKind
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.links import show_link
from dashboard.components.metrics_words import EVAL_TYPE_EXAMPLES, EVAL_TYPES, TRIGGERS
from dashboard.session import Here

ERRORS = "metrics-new-errors"
SKELETONS = {
    EvalType.BINARY: "Did the agent …?\n\nTrue when:\n- …\n- …\n\nFalse when:\n- …\n- …",
    EvalType.RATING: "How well did the agent …?\n\n5: …\n3: …\n0: …",
    EvalType.NUMERIC: "How many times did …?\n\nCount:\n- …\n\nDo not count:\n- …",
    EvalType.ENUM: "Which of the values describes …?\n\nFirst value: when …\nSecond value: when …\n\n"
    "When two fit: …",
}
NEW_TRIGGERS = (TriggerKind.ALWAYS, TriggerKind.PROMPT)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    name: str
    settings: dict[str, Any]
    description: str
    trigger: Trigger
    model: str
    critical: bool


@dataclass(slots=True)
class Checked:
    """The draft's eval settings, and one sentence for each field that is not right."""

    settings: EvalSettings | None = None
    errors: dict[str, str] = field(default_factory=dict)


def show_new_metric(here: Here) -> None:
    show_link("metrics", "All metrics", icon="arrow_back")
    st.title("New metric", anchor=False)
    st.caption(
        "A metric is a question that a model answers for every call. The prompt can be changed at any time."
    )
    form, advice = st.columns([2, 1], gap="large")
    with form:
        draft = _ask()
        if st.button("Make the metric", key="metrics-new-make", type="primary", icon=":material/check:"):
            _make(here, draft)
    with advice:
        _show_advice()


def _ask() -> Draft:
    name = st.text_input("Name", key="metrics-new-name", max_chars=200, placeholder="Appointment confirmed")
    _show_error("name")
    eval_type: EvalType = st.radio(
        "What is the answer?",
        list(EVAL_TYPES),
        format_func=EVAL_TYPES.__getitem__,
        captions=list(EVAL_TYPE_EXAMPLES.values()),
        key="metrics-new-eval-type",
    )
    settings = _ask_settings(eval_type)
    description = _ask_description(eval_type)
    trigger = _ask_trigger()
    model, critical = _ask_more()
    return Draft(name, settings, description, trigger, model, critical)


def _ask_settings(eval_type: EvalType) -> dict[str, Any]:
    settings: dict[str, Any] = {"eval_type": eval_type.value}
    if eval_type is EvalType.ENUM:
        lines = st.text_area(
            "Values, one a line",
            key="metrics-new-values",
            height=110,
            placeholder="satisfied\nneutral\nfrustrated",
        )
        settings["enum_values"] = [line.strip() for line in lines.splitlines() if line.strip()]
    elif eval_type in (EvalType.RATING, EvalType.NUMERIC):
        settings["tolerance"] = st.number_input(
            "Tolerance",
            min_value=0.0,
            value=0.0,
            step=0.5,
            key="metrics-new-tolerance",
            help="By how much the judge's number may differ from the label and still agree.",
        )
    _show_error("settings")
    return settings


def _ask_description(eval_type: EvalType) -> str:
    key = "metrics-new-description"
    description = st.text_area(
        "Description: the prompt that the judge answers",
        key=key,
        height=260,
        placeholder=SKELETONS[eval_type],
    )
    _show_error("description")
    if not description:
        st.button(
            "Start from an outline",
            key="metrics-new-outline",
            type="tertiary",
            icon=":material/edit_note:",
            on_click=st.session_state.__setitem__,
            args=(key, SKELETONS[eval_type]),
        )
    return description


def _ask_trigger() -> Trigger:
    kind: TriggerKind = st.radio(
        "Which calls does it apply to?",
        NEW_TRIGGERS,
        format_func=TRIGGERS.__getitem__,
        key="metrics-new-trigger",
        horizontal=True,
    )
    text = ""
    if kind is TriggerKind.PROMPT:
        text = st.text_area(
            "It applies when",
            key="metrics-new-trigger-text",
            height=90,
            placeholder="The caller cancels or moves an appointment.",
        )
        st.caption("Where this does not hold, the verdict is N/A, which is a label like any other.")
    _show_error("trigger")
    return Trigger(kind, text)


def _ask_more() -> tuple[str, bool]:
    with st.expander("More", key="metrics-new-more"):
        critical = st.toggle(
            "Critical metric",
            key="metrics-new-critical",
            help="A rewrite of a critical metric always waits for a person.",
        )
        model = st.text_input(
            "Model",
            key="metrics-new-model",
            max_chars=200,
            placeholder="The project's model",
            help="Another model at the same endpoint. Leave it empty to use the project's.",
        )
    return model.strip(), critical


def _show_error(name: str) -> None:
    sentence = st.session_state.get(ERRORS, {}).get(name)
    if sentence:
        st.error(plain.label(sentence), icon=":material/error:")


def _make(here: Here, draft: Draft) -> None:
    checked = check(draft)
    if checked.errors or checked.settings is None:
        _say_errors(checked.errors)
    try:
        made = metrics.add(
            here.database,
            here.actor,
            here.the_project.id,
            draft.name,
            Definition(draft.description, draft.trigger),
            checked.settings,
            model=draft.model or None,
            critical=draft.critical,
        )
    except AlreadyExists as error:
        _say_errors({"name": f"{error} Choose another name."})
    except Refused as error:
        st.error(plain.label(str(error)), icon=":material/block:")
    else:
        st.session_state.pop(ERRORS, None)
        said.say("metrics", f"“{made.name}” is made. Next: bring calls into its Lab and label some of them.")
        session.go("metrics", metric=made.id, tab="Lab")


def _say_errors(errors: dict[str, str]) -> NoReturn:
    """Draw the form again, each sentence below its field."""
    st.session_state[ERRORS] = errors
    st.rerun()


def check(draft: Draft) -> Checked:
    """Every field by itself, so that each problem can be said where it is."""
    found = Checked()
    try:
        clean_name(draft.name, "metric")
    except Refused as error:
        found.errors["name"] = str(error)
    try:
        found.settings = metrics.read_eval_settings(draft.settings)
    except BadDefinition as error:
        found.errors["settings"] = str(error)
    for name, definition in (
        ("description", Definition(draft.description)),
        ("trigger", Definition("-", draft.trigger)),
    ):
        try:
            metrics.check_definition(definition)
        except BadDefinition as error:
            found.errors[name] = str(error)
    return found


def _show_advice() -> None:
    with st.container(border=True, key="metrics-new-advice"):
        st.markdown("**What makes a good metric**")
        st.markdown(
            "- **One question.** Two questions in one metric can't both be right.\n"
            "- **What passes, and what fails.** Write both; the judge decides by them alone.\n"
            "- **What can be heard in the call.** The judge sees the conversation and nothing else, unless "
            "the prompt names `{{metadata.key}}`.\n"
            "- **A first draft is enough.** Label some calls where it is wrong and say why: Auto Improve "
            "turns your notes into rules."
        )
