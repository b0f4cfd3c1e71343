"""What the labels taught: each rule with the labels it rests on."""

from __future__ import annotations

import streamlit as st

from core.runs.result_detail import CitedLabel, CitedRule, ResultDetail
from dashboard.components import plain, runs_call
from dashboard.session import Here

SHOWN_LABELS = 12
LONG, HEIGHT = 800, 200


def show_rules(here: Here, result: ResultDetail) -> None:
    if not result.rules:
        return
    st.subheader("What the labels taught", anchor=False)
    for number, rule in enumerate(result.rules):
        with st.container(border=True, key=f"runs-rule-{result.id}-{number}", gap="xsmall"):
            with st.container(height=HEIGHT if len(rule.text) > LONG else "content", border=False):
                plain.sentence(rule.text)
            _show_labels(here, result.id, number, rule)


def _show_labels(here: Here, result_id: int, number: int, rule: CitedRule) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        count = len(rule.labels)
        st.caption(
            f"From {count} {'label' if count == 1 else 'labels'}" if count else "Its labels are gone",
            width="content",
        )
        for label in rule.labels[:SHOWN_LABELS]:
            opened = st.button(
                plain.short(label.external_id),
                key=f"runs-cited-{result_id}-{number}-{label.review_id}",
                type="tertiary",
                help=_about(label),
            )
            if opened:
                runs_call.show_call(here, result_id, label.review_id)
        if count > SHOWN_LABELS:
            st.caption(f"and {count - SHOWN_LABELS} more", width="content")


def _about(label: CitedLabel) -> str:
    value = plain.short(label.expected) if label.expected is not None else "no label"
    return f"{value}: {plain.label(label.feedback, 300)}" if label.feedback else value
