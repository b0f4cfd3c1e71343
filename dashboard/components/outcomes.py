"""An outcome's words, colour and shape, the same on every page and in the charts."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.terms import SHOWN_AS, Outcome


@dataclass(frozen=True, slots=True)
class Look:
    """How an outcome looks. `badge` is Streamlit's colour name.

    `hue` is the charts' hex colour, which stands out (3:1) from a light and from a dark background;
    `shape` an SVG path in the box from −1 to 1, which Vega takes for a shape.
    """

    badge: str
    icon: str
    hue: str
    shape: str


CIRCLE = "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z"
DIAMOND = "M0,-1.2L1,0L0,1.2L-1,0Z"
SQUARE = "M-0.85,-0.85H0.85V0.85H-0.85Z"
BAR = "M-1,-0.4H1V0.4H-1Z"
PENTAGON = "M0,-1.1L1.05,-0.34L0.65,0.89L-0.65,0.89L-1.05,-0.34Z"
UP = "M0,-1L1.1,0.9H-1.1Z"
DOWN = "M0,1L1.1,-0.9H-1.1Z"
LEFT = "M-1,0L0.9,-1.1V1.1Z"
RIGHT = "M1,0L-0.9,-1.1V1.1Z"
SALTIRE = "M-1,-0.5L-0.5,-1L0,-0.5L0.5,-1L1,-0.5L0.5,0L1,0.5L0.5,1L0,0.5L-0.5,1L-1,0.5L-0.5,0Z"

LOOKS: dict[Outcome, Look] = {
    Outcome.APPLIED: Look("green", "check_circle", "#16a34a", CIRCLE),
    Outcome.PROPOSED: Look("violet", "rate_review", "#6366f1", DIAMOND),
    Outcome.NOT_ENOUGH_EVIDENCE: Look("violet", "balance", "#a855f7", RIGHT),
    Outcome.REGRESSED: Look("red", "trending_down", "#e11d48", DOWN),
    Outcome.STALE: Look("orange", "edit_off", "#d97706", UP),
    Outcome.NO_CHANGES: Look("gray", "remove", "#8290a4", SQUARE),
    Outcome.NOT_ENOUGH_LABELS: Look("orange", "label_off", "#c2660a", LEFT),
    Outcome.OVER_BUDGET: Look("orange", "payments", "#b8860b", PENTAGON),
    Outcome.FAILED: Look("red", "error", "#dc2626", SALTIRE),
    Outcome.CANCELLED: Look("gray", "cancel", "#64748b", BAR),
}


def badge(outcome: Outcome | None, state: str = "done") -> None:
    """The outcome as a coloured badge with its words; what is going on while there is none."""
    if outcome is None:
        waiting = state == "waiting"
        st.badge("Waiting" if waiting else "Running", icon=":material/schedule:", color="blue")
        return
    look = LOOKS[outcome]
    st.badge(SHOWN_AS[outcome], icon=f":material/{look.icon}:", color=look.badge)  # type: ignore[arg-type]
