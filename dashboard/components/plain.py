"""Text that people or models wrote, shown as text: Streamlit would read most strings as markup."""

from __future__ import annotations

import re

import streamlit as st

MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:^=&])")
APART = re.compile(
    r"""
      (?<=:)(?=//) | (?<=\bwww)(?=\.) | (?<=@)(?=[-\w]+\.)
    | (?<=:)(?=[\w+-]+:|material/)
    | (?<=(?<![^\ \ufeff])[-<>~])(?=[-=>](?![^\ \ufeff]))
    | (?<=(?<![^\ \ufeff])<)(?=->(?![^\ \ufeff])) | (?<=(?<![^\ \ufeff])<-)(?=>(?![^\ \ufeff]))
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Where a text is taken apart, since these are read in the text itself, escaped or not: an address of the
web or of a mailbox (a link), a name between colons (an emoji, an icon, a logo), and `<->`, `->`, `<-`, `--`,
`>=`, `<=` or `~=` between blanks (one sign)."""
NOTHING = ":small[]"
"""An empty element: what stands on its two sides is read apart, and neither the eye nor a copy meets it."""
LABEL_CHARACTERS = 120


def label(text: str, limit: int = 2_000) -> str:
    """User text for a place that reads markup (button, option, heading): escaped, on one line, cut."""
    line = " ".join(text.split())
    shown = line if len(line) <= limit else f"{line[: limit - 1]}…"
    return NOTHING.join(MARKUP.sub(r"\\\1", part) for part in APART.split(shown))


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


def badge(text: str, color: str, icon: str = "") -> None:
    """A badge with a name of a person's. `st.badge` escapes brackets for itself, and so once more."""
    drawn = f"{icon} " if icon else ""
    st.markdown(f":{color}-badge[{drawn}{short(text)}]", width="content")
