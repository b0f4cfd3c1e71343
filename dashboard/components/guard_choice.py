"""Which guard a rewrite must pass to be applied by itself, with what each of them lets through."""

from __future__ import annotations

import streamlit as st

from core.evidence.words import odds_words
from core.terms import Guard

NAMES = {Guard.STANDARD: "Standard guard", Guard.STRICT: "Strict guard"}
RULES = {
    Guard.STANDARD: "Applies a rewrite that agrees with at least as many labels; a tie is enough.",
    Guard.STRICT: "Asks besides for a gain on held-out labels beyond luck and the judge's own noise; what it "
    "does not let pass waits for your review. Needs 30 labels.",
}


def choose_guard(current: Guard, labels: int | None, *, key: str) -> Guard:
    """`labels` of the metric, the fewest of several; None while none is chosen."""
    chosen = st.radio(
        "Guard",
        list(Guard),
        index=list(Guard).index(current),
        format_func=lambda guard: NAMES[guard],
        captions=[RULES[guard] for guard in Guard],
        key=key,
    )
    if labels is not None:
        st.caption(f":material/casino: {odds_words(labels)}")
    return chosen or current
