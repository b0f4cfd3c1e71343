"""What to label next, and why just that."""

from __future__ import annotations

import streamlit as st

from core import lab
from core.lab import LabStanding, RowFilter, Suggestion, Why
from core.terms import Role
from dashboard.components import lab_place, plain
from dashboard.session import Here

REASONS = {
    Why.MISALIGNED: "your label disagrees with the judge; say why",
    Why.UNSURE: "the judge is unsure about it",
    Why.NEW: "judged, not labelled yet",
    Why.NOT_JUDGED: "not labelled yet",
}
STYLE = """<style>
.st-key-lab-next button[kind="tertiary"]{justify-content:flex-start;text-align:left;padding-block:.1rem}
</style>"""


def show_next(here: Here, metric_id: int, standing: LabStanding) -> None:
    """Nothing where nothing waits, or for who may not label."""
    if not standing.to_label or not here.may(Role.LABELLER):
        return
    found = lab.suggestions(here.database, here.actor, metric_id)
    if not found:
        return
    with st.container(border=True, key="lab-next", gap="xsmall"):
        st.html(f"{STYLE}<strong>Label next</strong>")
        for each in found:
            _open_button(
                f"{plain.short(each.external_id)} · {reason(each)}",
                f"lab-next-{each.review_id}",
                each.review_id,
            )
        st.button(
            f"Start labelling: {standing.to_label:,} waiting",
            key="lab-start",
            type="primary",
            icon=":material/edit_note:",
            shortcut="L",
            on_click=lab_place.move,
            kwargs=_place(found[0].review_id),
        )


def reason(suggestion: Suggestion) -> str:
    if suggestion.rare_value is not None:
        return f"the judge says {plain.short(suggestion.rare_value)}, which has few labels"
    return REASONS[suggestion.why]


def _open_button(words: str, key: str, review_id: int) -> None:
    st.button(
        words,
        key=key,
        type="tertiary",
        icon=":material/forum:",
        on_click=lab_place.move,
        kwargs=_place(review_id),
    )


def _place(review_id: int) -> dict[str, object]:
    return {
        "review": review_id,
        "show": RowFilter.TO_LABEL.value,
        "part": lab_place.ROWS,
        "search": None,
    }
