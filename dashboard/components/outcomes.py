"""An outcome's words, colour and shape, the same on every page and in the charts."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.terms import SHOWN_AS, Outcome


@dataclass(frozen=True, slots=True)
class Look:
    """`badge` is Streamlit's colour name, `hue` the charts' hex colour, `shape` a Vega shape."""

    badge: str
    icon: str
    hue: str
    shape: str


LOOKS: dict[Outcome, Look] = {
    Outcome.APPLIED: Look("green", "check_circle", "#16a34a", "circle"),
    Outcome.PROPOSED: Look("violet", "rate_review", "#6366f1", "diamond"),
    Outcome.NOT_ENOUGH_EVIDENCE: Look("violet", "balance", "#a855f7", "triangle-right"),
    Outcome.REGRESSED: Look("red", "trending_down", "#e11d48", "triangle-down"),
    Outcome.STALE: Look("orange", "edit_off", "#d97706", "triangle-up"),
    Outcome.NO_CHANGES: Look("gray", "remove", "#94a3b8", "square"),
    Outcome.NOT_ENOUGH_LABELS: Look("orange", "label_off", "#b45309", "triangle-left"),
    Outcome.OVER_BUDGET: Look("orange", "payments", "#ca8a04", "wedge"),
    Outcome.FAILED: Look("red", "error", "#111827", "cross"),
    Outcome.CANCELLED: Look("gray", "cancel", "#64748b", "stroke"),
}


def badge(outcome: Outcome | None, state: str = "done") -> None:
    """The outcome as a coloured badge with its words; what is going on while there is none."""
    if outcome is None:
        waiting = state == "waiting"
        st.badge("Waiting" if waiting else "Running", icon=":material/schedule:", color="blue")
        return
    look = LOOKS[outcome]
    st.badge(SHOWN_AS[outcome], icon=f":material/{look.icon}:", color=look.badge)  # type: ignore[arg-type]
