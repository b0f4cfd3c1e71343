"""The form of a definition, for a new metric and for a new version: it teaches what makes a good one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.judging.prompt import variables
from core.judging.template import UnknownVariable, missing_facts, unknown_variables
from core.terms import Definition, EvalSettings, MetricType, Trigger, TriggerKind
from dashboard.components import plain
from dashboard.components.metrics_code import ask_code
from dashboard.components.metrics_parts import ask_prompt, forget_prompt, write_prompt
from dashboard.components.metrics_words import ANSWERED_BY, TRIGGER_CAPTIONS, TRIGGERS, TYPES

FIELDS = ("type", "code", "trigger", "trigger-text", "trigger-code")
TRIGGER_CODE = """_result = data["duration"] is None or data["duration"] > 20
_explanation = "Calls under 20 seconds hold nothing to judge."
"""


@dataclass(frozen=True, slots=True)
class Form:
    """One form on a page: the names of its fields, what it began with, and what is not right in it.

    `facts` are keys of the metadata that the project's calls have.
    """

    prefix: str
    suffix: str
    base: Definition
    facts: Sequence[str]
    errors: Mapping[str, str] = field(default_factory=dict)

    def name(self, of: str) -> str:
        return f"{self.prefix}-{of}{self.suffix}"

    def begin_with(self, of: str, value: object) -> str:
        """A field's key, after giving it its first value; what was typed survives a change of tabs."""
        key = self.name(of)
        st.session_state.setdefault(key, value)
        return key

    def show_error(self, of: str) -> None:
        sentence = self.errors.get(of)
        if sentence:
            st.error(plain.label(sentence), icon=":material/error:")


def begin(form: Form, settings: EvalSettings) -> None:
    """Fill the fields with the form's base, whether or not they are on the page yet."""
    trigger = form.base.trigger
    form.begin_with("type", form.base.type)
    form.begin_with("code", form.base.custom_code)
    form.begin_with("trigger", trigger.kind)
    if trigger.kind is not TriggerKind.ALWAYS:
        form.begin_with(
            "trigger-text" if trigger.kind is TriggerKind.PROMPT else "trigger-code", trigger.text
        )
    write_prompt(form.name, form.base.description, settings)


def forget(form: Form) -> None:
    """Let the fields begin anew."""
    for name in FIELDS:
        st.session_state.pop(form.name(name), None)
    forget_prompt(form.name)


def ask_definition(form: Form, settings: EvalSettings) -> Definition:
    """What stands in the form now; nothing is checked yet."""
    kind = _ask_type(form)
    code = form.base.custom_code
    if kind is MetricType.CUSTOM_CODE:
        code = ask_code(form.begin_with("code", form.base.custom_code))
        form.show_error("code")
    description = ask_prompt(form.name, form.base.description, settings, kind)
    form.show_error("description")
    trigger = _ask_trigger(form)
    _show_variables(form, f"{description}\n{trigger.text if trigger.kind is TriggerKind.PROMPT else ''}")
    return Definition(description, trigger, kind, code)


def _ask_type(form: Form) -> MetricType:
    kind = st.radio(
        "Who answers it?",
        list(MetricType),
        format_func=TYPES.__getitem__,
        captions=[ANSWERED_BY[kind] for kind in MetricType],
        key=form.begin_with("type", form.base.type),
        persist_state="session",
    )
    return kind or form.base.type


def _ask_trigger(form: Form) -> Trigger:
    chosen = st.radio(
        "Which calls does it apply to?",
        list(TriggerKind),
        format_func=TRIGGERS.__getitem__,
        captions=[TRIGGER_CAPTIONS[kind] for kind in TriggerKind],
        key=form.begin_with("trigger", form.base.trigger.kind),
        persist_state="session",
    )
    kind = chosen or form.base.trigger.kind
    text = _ask_trigger_text(form, kind)
    if kind is not TriggerKind.ALWAYS:
        st.caption(
            ":material/info: Where it does not apply, the verdict is **N/A**, which is a label like any "
            "other: N/A against N/A agrees, N/A against a value does not."
        )
    form.show_error("trigger")
    return Trigger(kind, text)


def _ask_trigger_text(form: Form, kind: TriggerKind) -> str:
    before = form.base.trigger
    own = before.text if before.kind is kind else ""
    if kind is TriggerKind.PROMPT:
        text = st.text_area(
            "It applies when",
            key=form.begin_with("trigger-text", own),
            height=90,
            placeholder="The caller cancels or moves an appointment.",
            persist_state="session",
        )
        return text or ""
    if kind is TriggerKind.CODE:
        return ask_code(
            form.begin_with("trigger-code", own or TRIGGER_CODE),
            label="It applies when this code sets _result to True",
        )
    return ""


def _show_variables(form: Form, text: str) -> None:
    """What in double braces is no variable, and which facts of the calls can be named."""
    for variable in unknown_variables(text):
        st.warning(_unknown_words(variable), icon=":material/data_object:")
    for fact in missing_facts(text, form.facts) if form.facts else ():
        st.warning(_missing_words(fact), icon=":material/data_object:")
    with st.expander("Variables", icon=":material/data_object:", key=form.name("variables")):
        named = variables(text)
        st.markdown(
            "The judge always reads the conversation. A variable in double braces names what else it is to "
            "be shown: `{{metadata}}` every fact of the call, `{{metadata.key}}` one of them. "
            "`{{transcript}}` stands for the conversation, where a sentence needs a word for it."
        )
        if form.facts:
            st.caption("Facts that this project's calls have:")
            st.code("\n".join(f"{{{{metadata.{fact}}}}}" for fact in form.facts), language=None)
        if named:
            st.caption("Used here: " + plain.label(", ".join(named)))


def _unknown_words(variable: UnknownVariable) -> str:
    return f"{_braced(variable.name)} is no variable, so the judge reads it as it stands.{_meant(variable)}"


def _missing_words(fact: UnknownVariable) -> str:
    return f"None of the newest calls has {_braced(fact.name)}; the judge would read “null”.{_meant(fact)}"


def _meant(variable: UnknownVariable) -> str:
    return f" Did you mean {_braced(variable.instead)}?" if variable.instead else ""


def _braced(name: str) -> str:
    return plain.label(f"{{{{{name}}}}}")
