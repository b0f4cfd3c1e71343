"""Taking a Lab out as a file that the importer reads back."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from core import lab
from dashboard.session import Here

KINDS = {
    "csv": ("CSV", "text/csv", "For a spreadsheet; transcripts stand in one cell, as JSON."),
    "jsonl": ("JSON Lines", "application/x-ndjson", "One call a line, for programs."),
}


def show_export(here: Here, metric_id: int, metric_name: str) -> None:
    st.markdown(
        "Every call of this Lab with its label and note. The file can be brought in again, here or in "
        "another project, and leads to the same labels."
    )
    with st.container(horizontal=True, key="lab-export"):
        for kind, (words, mime, explained) in KINDS.items():
            st.download_button(
                words,
                _builder(here, metric_id, kind),
                file_name=f"{file_stem(metric_name)}.{kind}",
                mime=mime,
                help=explained,
                icon=":material/download:",
                key=f"lab-export-{kind}",
                on_click="ignore",
            )


def file_stem(metric_name: str) -> str:
    """A file name that every system takes."""
    words = re.sub(r"[^a-z0-9]+", "-", metric_name.casefold()).strip("-")[:60]
    return f"{words or 'metric'}-lab"


def _builder(here: Here, metric_id: int, kind: str) -> Callable[[], bytes]:
    """Built when it is asked for. Spreadsheets take UTF-8 for granted only with a byte order mark."""
    encoding = "utf-8-sig" if kind == "csv" else "utf-8"
    return lambda: "".join(lab.export(here.database, here.actor, metric_id, kind)).encode(encoding)
