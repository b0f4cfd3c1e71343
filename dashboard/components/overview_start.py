"""A new project: the three steps to a first run, and which of them are done."""

from __future__ import annotations

import streamlit as st

from core.runs.overview import Overview
from dashboard.components.links import show_link

WELCOME = (
    "Plumbline keeps LLM judges true to the labels of the people who own them. Three steps to a first run:"
)


def show_steps(found: Overview) -> None:
    st.markdown(WELCOME)
    bring, label, run = st.columns(3)
    with bring:
        _show_step(1, "Bring calls in", _bring(found), done=found.calls > 0)
    with label:
        _show_step(2, "Label", _label(found), done=found.labelled >= 2)
    with run:
        _show_step(3, "Run", _run(found), done=found.scored)


def _show_step(number: int, title: str, way: tuple[str, str, str], *, done: bool) -> None:
    sentence, page, link = way
    with st.container(border=True, height="stretch", key=f"overview-step-{number}", gap="small"):
        mark = ":green[:material/check_circle:]" if done else f":primary[:material/counter_{number}:]"
        st.markdown(f"### {mark} {title}", anchors=False)
        st.markdown(sentence)
        show_link(page, link, icon="arrow_forward")


def _bring(found: Overview) -> tuple[str, str, str]:
    if not found.metrics:
        sentence = (
            "Make a metric, the question your judge answers for every call; then upload calls to its Lab."
        )
        return sentence, "metrics", "Make a metric"
    if found.calls:
        return f"{found.calls:,} calls are here.", "lab", "Bring in more"
    return "Upload transcripts as CSV, JSON or JSONL. Labels may come along.", "lab", "Upload calls"


def _label(found: Overview) -> tuple[str, str, str]:
    count = f"{found.labelled:,} labels so far. " if found.labelled else ""
    sentence = (
        f"{count}Say where the judge is wrong and why. About 6 disagreements with notes make a useful run."
    )
    return sentence, "lab", "Label calls"


def _run(found: Overview) -> tuple[str, str, str]:
    return (
        "Auto Improve rewrites the prompt from your labels and proves on them whether it is better.",
        "metrics",
        "Open the metrics",
    )
