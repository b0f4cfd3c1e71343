"""The prompt of a metric, written in parts (what passes, what fails) or as one text."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.metrics.outline import Outline, compose, read_outline, titles
from core.terms import EvalSettings, EvalType, MetricType
from dashboard.components import plain

Name = Callable[[str], str]
PARTS, TEXT = "In parts", "As one text"
MOST_PARTS = 50
DESCRIPTION = "Description: the prompt that the judge answers"
QUESTIONS = {
    EvalType.BINARY: "Did the agent confirm the appointment before the call ended?",
    EvalType.RATING: "How well did the agent explain the cancellation policy?",
    EvalType.NUMERIC: "How many times did the caller have to repeat themselves?",
    EvalType.ENUM: "In which mood did the caller leave?",
}
LABELS = {
    "True when:": ("Success criteria: true when …", "The agent repeats day and time, and the caller agrees."),
    "False when:": ("Failure criteria: false when …", "A call back is promised instead.\nNo time is named."),
    "5 when:": ("The best: 5 when …", "Fee and notice period are both named, and the caller understood."),
    "3 when:": ("The middle: 3 when …", "Only one of the two is named."),
    "0 when:": ("The worst: 0 when …", "Nothing is said about it."),
    "Count:": ("What counts", "Saying the same thing again because the agent did not get it."),
    "Do not count:": ("What does not count", "Spelling a name that the agent asked to have spelled."),
}
"""What a part is called in the form, and an example of it."""


def ask_prompt(name: Name, base: str, settings: EvalSettings, kind: MetricType) -> str:
    """The prompt as it stands in the form, in whichever way it is being written."""
    _begin(name, base, settings)
    if kind is MetricType.CUSTOM_CODE:
        return _ask_beside_code(name, settings)
    st.segmented_control(
        "How do you want to write the prompt?",
        (PARTS, TEXT),
        key=name("mode"),
        required=True,
        on_change=_carry_over,
        args=(name, settings),
        persist_state="session",
    )
    return (
        _ask_parts(name, settings) if st.session_state[name("mode")] == PARTS else _ask_text(name, settings)
    )


def write_prompt(name: Name, text: str, settings: EvalSettings) -> None:
    """Put a text into the form, in place of what stands there."""
    outline = read_outline(text, settings)
    in_parts = not text or any(outline.parts)
    st.session_state[name("mode")] = PARTS if in_parts else TEXT
    st.session_state[name("description")] = text
    _fill_parts(name, outline)


def forget_prompt(name: Name) -> None:
    for field in ("mode", "description", "question", *(f"part-{number}" for number in range(MOST_PARTS))):
        st.session_state.pop(name(field), None)


def _begin(name: Name, base: str, settings: EvalSettings) -> None:
    if name("mode") not in st.session_state:
        write_prompt(name, base, settings)


def _carry_over(name: Name, settings: EvalSettings) -> None:
    """What was written in one way, in the other."""
    if st.session_state[name("mode")] == TEXT:
        st.session_state[name("description")] = compose(_parts(name, settings), settings)
    else:
        _fill_parts(name, read_outline(st.session_state.get(name("description")) or "", settings))


def _fill_parts(name: Name, outline: Outline) -> None:
    st.session_state[name("question")] = outline.question
    for number, part in enumerate(outline.parts):
        st.session_state[name(f"part-{number}")] = part


def _parts(name: Name, settings: EvalSettings) -> Outline:
    written = [st.session_state.get(name(f"part-{number}")) or "" for number in range(len(titles(settings)))]
    return Outline(st.session_state.get(name("question")) or "", tuple(written))


def _ask_text(name: Name, settings: EvalSettings) -> str:
    text = st.text_area(
        DESCRIPTION,
        key=name("description"),
        height=320,
        placeholder=QUESTIONS[settings.eval_type],
        help="Say what passes and what fails. `{{metadata.key}}` names a fact of the call.",
        persist_state="session",
    )
    return text or ""


def _ask_beside_code(name: Name, settings: EvalSettings) -> str:
    if st.session_state[name("mode")] == PARTS:
        st.session_state[name("description")] = compose(_parts(name, settings), settings)
        st.session_state[name("mode")] = TEXT
    text = st.text_area(
        "What the code is meant to find out (optional)",
        key=name("description"),
        height=100,
        placeholder=QUESTIONS[settings.eval_type],
        help="For people to read; and a prompt that Auto Improve can start from.",
        persist_state="session",
    )
    return text or ""


def _ask_parts(name: Name, settings: EvalSettings) -> str:
    st.text_area(
        "The question",
        key=name("question"),
        height=80,
        placeholder=QUESTIONS[settings.eval_type],
        help="One question. What the judge needs to know beforehand may stand here, too.",
        persist_state="session",
    )
    for number, title in enumerate(titles(settings)):
        label, example = LABELS.get(title, (plain.short(title.removesuffix(":") + " …"), ""))
        st.text_area(
            label,
            key=name(f"part-{number}"),
            height=100,
            placeholder=example,
            persist_state="session",
        )
    st.caption(
        "One criterion a line. The judge decides by these alone, so name what can be heard in the call."
    )
    text = compose(_parts(name, settings), settings)
    if text:
        with st.expander(
            "The prompt as the judge reads it", icon=":material/visibility:", key=name("preview")
        ):
            plain.prompt(text)
    return text
