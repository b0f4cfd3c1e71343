"""A new metric: a form that teaches what makes a good one, or a file that holds one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import streamlit as st

from core import metrics
from core.accounts import clean_name
from core.errors import AlreadyExists, BadDefinition, Refused
from core.metrics import MetricFile, MetricSettings
from core.terms import Definition, EvalSettings, MetricType, Trigger, TriggerKind
from dashboard import session
from dashboard.components import metrics_answers, metrics_form, plain, said
from dashboard.components.links import show_link
from dashboard.components.metrics_dry_run import show_dry_run
from dashboard.components.metrics_file import ask_file
from dashboard.components.metrics_form import Form
from dashboard.session import Here

ERRORS = "metrics-new-errors"
READ = "metrics-new-read"
"""The file that the form was filled from, so that it is told once more after the rerun."""
BEGINNING = Definition("", custom_code="")
NOTHING = MetricSettings("", EvalSettings())


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    name: str
    answers: dict[str, Any]
    definition: Definition
    model: str | None
    critical: bool


@dataclass(slots=True)
class Checked:
    """The draft's eval settings, and one sentence for each field that is not right."""

    settings: EvalSettings | None = None
    errors: dict[str, str] = field(default_factory=dict)


def show_new_metric(here: Here) -> None:
    show_link("metrics", "All metrics", icon="arrow_back")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("New metric", anchor=False, width="content")
        _offer_file()
    st.caption(
        "A metric is a question that is answered for every call. What you write can be changed at any time."
    )
    if st.session_state.get(READ):
        st.info(plain.label(st.session_state[READ]), icon=":material/upload_file:")
    form, advice = st.columns([2, 1], gap="large")
    with form:
        draft = _ask(here)
        if st.button("Make the metric", key="metrics-new-make", type="primary", icon=":material/check:"):
            _make(here, draft)
    with advice:
        _show_advice()


def _name(field_name: str) -> str:
    return f"metrics-new-{field_name}"


def _form(here: Here) -> Form:
    facts = metrics.known_facts(here.database, here.actor, here.the_project.id)
    return Form("metrics-new", "", BEGINNING, facts, st.session_state.get(ERRORS, {}))


def _ask(here: Here) -> Draft:
    form = _form(here)
    metrics_answers.begin(_name, NOTHING)
    name = metrics_answers.ask_name(_name)
    form.show_error("name")
    answers = metrics_answers.ask_answers(_name)
    form.show_error("settings")
    definition = metrics_form.ask_definition(form, metrics_answers.shape(answers))
    show_dry_run(here, definition, metrics_answers.shape(answers), None, "metrics-new")
    with st.expander("More", key="metrics-new-more"):
        critical = metrics_answers.ask_critical(_name)
        model = metrics_answers.ask_model(_name)
    form.show_error("model")
    return Draft(name, answers, definition, model, critical)


def _offer_file() -> None:
    with st.popover("From a file", icon=":material/upload_file:", key="metrics-new-from-file"):
        st.caption("A definition in JSON, as *Export* on a metric's Settings writes it.")
        found = ask_file("metrics-new-file")
    if found is not None:
        _fill(found)
        st.rerun()


def _fill(found: MetricFile) -> None:
    """Put what the file says into the form; nothing is made yet."""
    form = Form("metrics-new", "", found.definition, ())
    metrics_form.forget(form)
    metrics_answers.forget(_name)
    metrics_answers.begin(_name, found.rest)
    metrics_form.begin(form, found.rest.settings)
    st.session_state.pop(ERRORS, None)
    st.session_state[READ] = (
        f"This is what the file says of “{found.rest.name or 'a metric'}”. Nothing is made yet."
    )


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
            draft.definition,
            checked.settings,
            model=draft.model,
            critical=draft.critical,
        )
    except AlreadyExists as error:
        _say_errors({"name": f"{error} Choose another name."})
    except Refused as error:
        st.error(plain.label(str(error)), icon=":material/block:")
    else:
        _forget()
        said.say("metrics", f"“{made.name}” is made. Next: bring calls into its Lab and label some of them.")
        session.go("metrics", metric=made.id, tab="Lab")


def _forget() -> None:
    metrics_form.forget(Form("metrics-new", "", BEGINNING, ()))
    metrics_answers.forget(_name)
    for key in (ERRORS, READ):
        st.session_state.pop(key, None)


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
        found.settings = metrics.read_eval_settings(draft.answers)
    except BadDefinition as error:
        found.errors["settings"] = str(error)
    for name, definition in _apart(draft.definition).items():
        try:
            metrics.check_definition(definition)
        except BadDefinition as error:
            found.errors[name] = str(error)
    return found


def _apart(definition: Definition) -> dict[str, Definition]:
    """By field, a definition of which nothing but this field can be wrong."""
    always = Trigger()
    code = definition.type is MetricType.CUSTOM_CODE
    answered = Definition("-", always, definition.type, definition.custom_code)
    trigger = definition.trigger if definition.trigger.kind is not TriggerKind.ALWAYS else always
    return {
        "code" if code else "description": answered if code else Definition(definition.description),
        "trigger": Definition("-", trigger),
    }


def _show_advice() -> None:
    with st.container(border=True, key="metrics-new-advice"):
        st.markdown("**What makes a good metric**")
        st.markdown(
            "- **One question.** Two questions in one metric can't both be right.\n"
            "- **What passes, and what fails.** Write both; the judge decides by them alone.\n"
            "- **Where it does not apply.** Say which calls it is about; of the others it says N/A, and they "
            "count neither for nor against the agent.\n"
            "- **What can be heard in the call.** The judge sees the conversation and nothing else, unless "
            "the prompt names `{{metadata.key}}`.\n"
            "- **A first draft is enough.** Label some calls where it is wrong and say why: Auto Improve "
            "turns your notes into rules."
        )
