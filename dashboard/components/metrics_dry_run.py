"""Try code on some calls before it is saved: what it says of each, without a single model call."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import metrics
from core.metrics import CallChoice, TriedCall
from core.terms import Definition, EvalSettings, MetricType, TriggerKind
from dashboard import session
from dashboard.components import plain
from dashboard.session import Here

FIRST_CALLS = 5
LONG = 300
PRINTED_HEIGHT = 160


def show_dry_run(
    here: Here, definition: Definition, settings: EvalSettings, metric_id: int | None, key: str
) -> None:
    """Nothing where no part of the definition is code."""
    if definition.type is not MetricType.CUSTOM_CODE and definition.trigger.kind is not TriggerKind.CODE:
        return
    with st.container(border=True, key=f"{key}-dry-run"):
        st.markdown("**Try it on some calls**")
        choices = {
            choice.call_id: choice
            for choice in metrics.calls_to_try(here.database, here.actor, here.the_project.id, metric_id)
        }
        if not choices:
            st.caption(
                "There is no call in this project yet. Import some in the Lab, then try the code on them."
            )
            return
        chosen = _choose(choices, key)
        pressed = st.button(
            "Try it", key=f"{key}-try", icon=":material/science:", disabled=not chosen, type="secondary"
        )
        if pressed:
            _try(here, definition, settings, chosen, metric_id, key)
        _show_found(definition, settings, key)


def _choose(choices: dict[int, CallChoice], key: str) -> list[int]:
    field = f"{key}-try-calls"
    st.session_state.setdefault(field, list(choices)[:FIRST_CALLS])
    st.session_state[field] = [call_id for call_id in st.session_state[field] if call_id in choices]
    return st.multiselect(
        "Calls",
        list(choices),
        format_func=lambda call_id: _choice_words(choices[call_id]),
        key=field,
        max_selections=metrics.MOST_CALLS,
        persist_state="session",
    )


def _choice_words(choice: CallChoice) -> str:
    label = "" if choice.expected is None else f" · label {choice.expected}"
    return plain.option(f"{choice.external_id}{label}")


def _try(
    here: Here,
    definition: Definition,
    settings: EvalSettings,
    chosen: Sequence[int],
    metric_id: int | None,
    key: str,
) -> None:
    with session.saying_refusals(), st.spinner("Trying it …"):
        found = metrics.try_code(
            here.database, here.actor, here.the_project.id, definition, settings, chosen, metric_id
        )
        st.session_state[f"{key}-tried"] = (definition, settings, found)


def _show_found(definition: Definition, settings: EvalSettings, key: str) -> None:
    kept = st.session_state.get(f"{key}-tried")
    if kept is None:
        return
    tried_definition, tried_settings, found = kept
    if (tried_definition, tried_settings) != (definition, settings):
        st.caption(":material/history: The code was changed since; try it again.")
    labelled = [each for each in found if each.agrees is not None]
    if labelled:
        agreeing = sum(bool(each.agrees) for each in labelled)
        st.markdown(f"Agrees with **{agreeing} of {len(labelled)}** labels of these calls.")
    for each in found:
        _show_call(each, key)


def _show_call(tried: TriedCall, key: str) -> None:
    run = tried.run
    with st.container(border=True, gap="xsmall", key=f"{key}-tried-{tried.choice.call_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain.short(tried.choice.external_id)}**", width="content")
            if tried.choice.expected is not None:
                plain.badge(f"label: {tried.choice.expected}", "gray")
            _show_value(tried)
        if run.failure:
            st.caption(f":red[{plain.label(run.failure, LONG)}]")
        if run.explanation:
            st.caption(plain.label(run.explanation, LONG))
        if run.asks:
            st.caption(f":material/forum: Would ask the judge: {plain.label(run.asks, LONG)}")
        if run.printed:
            st.code(
                run.printed,
                language=None,
                height=PRINTED_HEIGHT if run.printed.count("\n") > 4 else "content",
            )


def _show_value(tried: TriedCall) -> None:
    if tried.run.failure:
        st.badge("failed", color="red", icon=":material/error:")
    elif tried.run.value is not None:
        color = "blue" if tried.agrees is None else "green" if tried.agrees else "red"
        plain.badge(f"code: {tried.run.value}", color)
    else:
        st.badge("needs the judge", color="gray", icon=":material/forum:")
