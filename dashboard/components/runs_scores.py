"""The scores of a result as cards of equal height; the held-out rows stand apart."""

from __future__ import annotations

import streamlit as st

from core.notifications.wording import percent
from core.runs.result_detail import ResultDetail
from core.terms import Score
from dashboard.components.scores import RANGES, change_text, likely_words, score_text

NO_HELD_OUT = "None below 30 labels: every label was learned from, so the scores above may flatter."
NARROWEST = 140
"""Pixels of a card; two of them stand side by side on a phone."""


def show_scores(result: ResultDetail) -> None:
    with st.grid(4, min_column_width=NARROWEST, key=f"runs-scores-{result.id}"):
        _show_score("Live prompt", _named("Version", result.base_version), result.baseline)
        _show_score("Proposed prompt", _became(result), result.optimised)
        _show_change(result)
        _show_labels(result)
    _show_held_out(result)


def _show_score(title: str, note: str, score: Score | None) -> None:
    with st.container(border=True, height="stretch", gap=None):
        st.metric(title, percent(score) if score and score.total else "—")
        st.caption(f"{score.correct} of {score.total} labels agree" if score else "Not scored")
        if score and score.total:
            st.caption(likely_words(score), help=RANGES)
        if note:
            st.caption(note)


def _became(result: ResultDetail) -> str:
    """What became of the candidate, for its card."""
    if result.edited is None:
        return _named("Live as version", result.applied_version)
    score = f": {result.edited_score} labels agree" if result.edited_score else ""
    return f"An edit of it is live as version {result.applied_version}{score}"


def _show_change(result: ResultDetail) -> None:
    with st.container(border=True, height="stretch", gap=None):
        before, after = result.baseline, result.optimised
        if before is None or after is None or not before.total:
            st.metric("Change in points", "—")
            st.caption("No two scores to compare")
            return
        points = 100 * (after.rate - before.rate)
        st.metric("Change in points", f"{points:+.1f}" if points else "0")
        rows = change_text(before, after)
        st.caption(rows.split(" (")[0] if rows and points else "As many labels agree")
        st.markdown(f":small[:green[{result.fixed or 0} fixed] · :red[{result.broken or 0} broken]]")


def _show_labels(result: ResultDetail) -> None:
    with st.container(border=True, height="stretch", gap=None):
        st.metric("Labelled rows", "—" if result.labelled is None else f"{result.labelled:,}")
        score = result.optimised or result.baseline
        missing = score.not_judged if score else 0
        st.caption("Both prompts were judged on the same rows" if result.optimised else "Judged in this run")
        if missing:
            st.markdown(f":small[:orange[{missing} not judged]]")


def _show_held_out(result: ResultDetail) -> None:
    if result.optimised is None:
        return
    with st.container(border=True, key=f"runs-held-out-{result.id}", gap="xsmall"):
        if result.held_out is None:
            st.markdown(f"**Held out**  :gray[{NO_HELD_OUT}]")
            return
        before, after = result.held_out
        st.markdown(
            f"**Held out**  {_with_range(before)} → {_with_range(after)}  "
            f"{_direction(before, after)}  :gray[on rows that the search never saw]"
        )


def _with_range(score: Score) -> str:
    return f"{score_text(score)[:-1]}, {likely_words(score)})" if score.total else score_text(score)


def _direction(before: Score, after: Score) -> str:
    rows = after.correct - before.correct
    if not rows:
        return ":gray-badge[no change]"
    return f":{'green' if rows > 0 else 'red'}-badge[{change_text(before, after)}]"


def _named(words: str, number: int | None) -> str:
    return "" if number is None else f"{words} {number}"
