"""What a file of calls looks like, to read and to download."""

from __future__ import annotations

import json

import streamlit as st

FORMAT = (
    "One call a row, with a **transcript**: a list of messages as in OpenAI's chat format, tool calls and "
    "all, or text in which *Agent:* and *User:* begin the turns. Optional: an **id** of the call, a "
    "**label** (the right answer; `N/A` where the metric does not apply), a **note** that says why, and a "
    "**group** that calls of one conversation share. Other columns become metadata.\n\n"
    "Exports of **Vapi** and **Retell** calls and of **Langfuse** traces are taken as they are, and so is a "
    "text file of one call, or of several between lines of dashes."
)
CSV = """id,transcript,label,note
call-1,"Agent: Good morning, how can I help?
User: I would like to move my appointment.",pass,
call-2,"User: Hello?
Agent: We are closed.",fail,The agent should have offered a time
"""
ROWS = (
    {
        "id": "call-1",
        "transcript": [
            {"role": "assistant", "content": "Good morning, how can I help?"},
            {"role": "user", "content": "I would like to move my appointment."},
        ],
        "label": "pass",
    },
    {
        "id": "call-2",
        "transcript": "User: Hello?\nAgent: We are closed.",
        "label": "fail",
        "note": "The agent should have offered a time",
    },
)
JSON_LINES = "".join(f"{json.dumps(row)}\n" for row in ROWS)


def show_examples() -> None:
    with st.expander("What a file looks like", icon=":material/help:"):
        st.markdown(FORMAT)
        st.code(CSV, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            _example("Example as CSV", CSV, "example-calls.csv", "text/csv")
            _example("Example as JSON Lines", JSON_LINES, "example-calls.jsonl", "application/x-ndjson")


def _example(words: str, text: str, name: str, mime: str) -> None:
    st.download_button(
        words, text, name, mime, key=f"lab-{name}", icon=":material/download:", on_click="ignore"
    )
