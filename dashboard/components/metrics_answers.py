"""What a metric's answers are, and its other settings: the fields that a new and an existing metric share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.metrics import MetricSettings
from core.terms import EvalSettings, EvalType
from dashboard.components.metrics_words import EVAL_TYPE_EXAMPLES, EVAL_TYPES

Name = Callable[[str], str]
FIELDS = ("name", "eval-type", "values", "tolerance", "model", "critical")


def begin(name: Name, base: MetricSettings) -> None:
    """Give each field its first value; what was typed stays."""
    first: dict[str, Any] = {
        "name": base.name,
        "eval-type": base.settings.eval_type,
        "values": "\n".join(base.settings.enum_values),
        "tolerance": base.settings.tolerance,
        "model": base.model or "",
        "critical": base.critical,
    }
    for field, value in first.items():
        st.session_state.setdefault(name(field), value)


def forget(name: Name) -> None:
    for field in FIELDS:
        st.session_state.pop(name(field), None)


def ask_name(name: Name) -> str:
    text = st.text_input(
        "Name",
        key=name("name"),
        max_chars=200,
        placeholder="Appointment confirmed",
        persist_state="session",
    )
    return text or ""


def ask_answers(name: Name) -> dict[str, Any]:
    """As `metrics.read_eval_settings` takes them."""
    eval_type: EvalType = st.radio(
        "What is the answer?",
        list(EVAL_TYPES),
        format_func=EVAL_TYPES.__getitem__,
        captions=list(EVAL_TYPE_EXAMPLES.values()),
        key=name("eval-type"),
        persist_state="session",
    )
    found: dict[str, Any] = {"eval_type": eval_type.value}
    if eval_type is EvalType.ENUM:
        found["enum_values"] = _ask_values(name)
    elif eval_type in (EvalType.RATING, EvalType.NUMERIC):
        found["tolerance"] = st.number_input(
            "Tolerance",
            min_value=0.0,
            step=0.5,
            key=name("tolerance"),
            help="By how much the judge's number may differ from the label and still agree.",
            persist_state="session",
        )
    return found


def _ask_values(name: Name) -> list[str]:
    lines = st.text_area(
        "Values, one a line",
        key=name("values"),
        height=110,
        placeholder="satisfied\nneutral\nfrustrated",
        persist_state="session",
    )
    return [line.strip() for line in (lines or "").splitlines() if line.strip()]


def ask_model(name: Name) -> str | None:
    model = st.text_input(
        "Model",
        key=name("model"),
        max_chars=200,
        placeholder="The project's model",
        help="Another model at the same endpoint. Leave it empty to use the project's.",
        persist_state="session",
    )
    return (model or "").strip() or None


def ask_critical(name: Name, *, disabled: bool = False) -> bool:
    return st.toggle(
        "Critical metric",
        key=name("critical"),
        disabled=disabled,
        help="A rewrite of a critical metric always waits for a person. A schedule applies it by itself only "
        "where an admin confirmed that by typing the metric's name.",
        persist_state="session",
    )


def shape(found: dict[str, Any]) -> EvalSettings:
    """The settings as far as the form of a prompt needs them, whether they are right or not."""
    return EvalSettings(EvalType(found["eval_type"]), tuple(dict.fromkeys(found.get("enum_values", ()))))
