"""A verdict in one line: who answered, what, whether that agrees with the label, and why."""

from __future__ import annotations

import streamlit as st

from core.terms import Verdict, VerdictStatus
from dashboard.components import plain

EXPLANATION = 600


def show_verdict(who: str, verdict: Verdict | None, *, agrees: bool | None = None) -> None:
    """`agrees` is None where there is no label to agree with."""
    words = verdict_words(verdict)
    if agrees is not None:
        words = (
            f":{'green' if agrees else 'red'}[{':material/check:' if agrees else ':material/close:'} {words}]"
        )
    why = plain.label(verdict.explanation, EXPLANATION) if verdict and verdict.explanation else ""
    st.markdown(f"{who}: **{words}**{f' — :gray[{why}]' if why else ''}")


def verdict_words(verdict: Verdict | None) -> str:
    """What the judge answered, escaped; or why there is no answer."""
    if verdict is None or verdict.status is VerdictStatus.NOT_JUDGED:
        return "not judged"
    if verdict.status is VerdictStatus.UNREADABLE:
        return "unreadable answer"
    return plain.short(verdict.value or "")
