"""A field's key, and what is wrong with it in one sentence below it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.components import plain


@dataclass(frozen=True, slots=True)
class Field:
    """`key` begins the key of every widget of one form; `tried`: somebody has tried to save it."""

    key: str
    tried: bool

    def name(self, field: str) -> str:
        return f"{self.key}-{field}"

    def wrong(self, sentence: str) -> None:
        """Said at once: what stands in the field is refused. The sentence may hold user text."""
        st.markdown(f":red[:material/error: {plain.label(sentence)}]")

    def missing(self, sentence: str) -> None:
        """Said from the first try to save on: a form that was just opened blames nobody."""
        if self.tried:
            self.wrong(sentence)

    def try_to_save(self) -> None:
        st.session_state[self.name("tried")] = True
