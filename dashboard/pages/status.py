"""The first page: is everything there that a run needs?"""

from __future__ import annotations

import streamlit as st

from core import health
from core.health import Part
from dashboard import product

EVERY = "5s"
SHOWN = ("database", "redis", "worker", "scheduler", "model")


@st.fragment(run_every=EVERY)
def show_health() -> None:
    """Looks again by itself: a part that was started again shows up without a reload."""
    found = health.check(product.settings(), product.database())
    verdict = "Everything is running" if found.status == "ok" else "Something needs attention"
    st.header(verdict, anchor=False)
    with st.container(border=True):
        for name in SHOWN:
            show_part(name, getattr(found, name))
    st.caption(f"Version {found.version}")


def show_part(name: str, part: Part) -> None:
    icon = ":green[:material/check_circle:]" if part.ok else ":red[:material/error:]"
    state, sentence = st.columns([1, 4], gap="small")
    state.markdown(f"{icon} **{name.capitalize()}**")
    sentence.text(part.sentence)


st.title("Plumbline", anchor=False)
st.markdown("Keeps LLM judges true to the labels of the people who own them.")
show_health()
