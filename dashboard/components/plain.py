"""Text that people or models wrote, shown as text: Streamlit would read most strings as markup."""

from __future__ import annotations

import re

import streamlit as st

MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&])")
ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)
"""Where a web address would become a link, escaped or not."""
WORD_JOINER = "\u2060"
LABEL_CHARACTERS = 120


def label(text: str, limit: int = 2_000) -> str:
    """User text for a place that reads markup (button, option, heading): escaped, on one line, cut."""
    line = " ".join(text.split())
    shown = line if len(line) <= limit else f"{line[: limit - 1]}…"
    return MARKUP.sub(r"\\\1", ADDRESS.sub(WORD_JOINER, shown))


def short(text: str) -> str:
    """A name for a button, a tab or a pill; a select box takes `option`."""
    return label(text, LABEL_CHARACTERS)


def option(text: str) -> str:
    """A name for a select box or a data frame, which show text as it is: on one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= LABEL_CHARACTERS else f"{line[: LABEL_CHARACTERS - 1]}…"


def prompt(text: str, height: int | None = None) -> None:
    """A prompt or code as it is, wrapped, with a copy button; scrolls inside beyond `height` pixels."""
    st.code(text or "(empty)", language=None, wrap_lines=True, height=height or "content")


def code(text: str, height: int | None = None) -> None:
    """Code of a metric, coloured; lines stay as long as they are."""
    st.code(text or "(empty)", language="python", height=height or "content")


def sentence(text: str) -> None:
    """A sentence in the body's type that may hold user text."""
    st.markdown(label(text, 5_000))
