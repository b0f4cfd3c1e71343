"""A card a metric: its live score, the change since the run before, and the way there."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.notifications.wording import percent
from core.runs.overview import CardPage, LivePoint, MetricCard, page_of_cards
from dashboard.components import paging, plain
from dashboard.components.links import show_link
from dashboard.components.scores import score_text
from dashboard.session import Here

ABREAST, NARROWEST = 3, 220
AT_ONCE = 12
PARAMETER = "cards"
"""In the address: which page of the cards."""


def show_cards(here: Here) -> None:
    """A page of the cards; nothing where there is no metric."""
    found, number = paging.found_page(partial(_page, here), AT_ONCE, PARAMETER)
    if not found.total:
        return
    st.subheader("Metrics", anchor=False)
    with st.grid(ABREAST, min_column_width=NARROWEST, key="overview-cards"):
        for card in found.cards:
            _show_card(card)
    paging.show_pages(found.total, AT_ONCE, number, "overview-cards-page", PARAMETER)


def _page(here: Here, number: int) -> CardPage:
    offset = (number - 1) * AT_ONCE
    return page_of_cards(here.database, here.actor, here.the_project.id, offset=offset, limit=AT_ONCE)


def _show_card(card: MetricCard) -> None:
    with st.container(border=True, height="stretch", key=f"overview-metric-{card.id}", gap="xsmall"):
        show_link("metrics", f"**{plain.short(card.name)}**", metric=card.id)
        latest = card.latest
        if latest is None:
            _show_unscored(card)
        else:
            _show_score(card, latest)
        if card.waiting:
            show_link(
                "runs",
                ":violet-badge[:material/rate_review: 1 proposal waiting]",
                run=card.waiting.run_id,
                result=card.waiting.result_id,
            )


def _show_score(card: MetricCard, latest: LivePoint) -> None:
    rates = [100 * point.score.rate for point in card.points]
    st.metric(
        f"Live prompt, version {card.version}",
        percent(latest.score),
        delta=_delta(card, latest),
        delta_color="normal" if _moved(card, latest) else "off",
        delta_arrow="auto" if _moved(card, latest) else "off",
        delta_description=_since(card.previous, latest),
        chart_data=rates if len(rates) > 1 else None,
        chart_type="area",
    )
    st.caption(f"{_of(latest)} labels agree{_stale(card)}")


def _of(point: LivePoint) -> str:
    return score_text(point.score).split(" (")[0]


def _delta(card: MetricCard, latest: LivePoint) -> str | None:
    """In points, since the labels of two runs differ in number."""
    if card.previous is None:
        return None
    points = _moved(card, latest)
    return f"{points:+d} {'point' if abs(points) == 1 else 'points'}" if points else "no change"


def _moved(card: MetricCard, latest: LivePoint) -> int:
    return round(100 * (latest.score.rate - card.previous.score.rate)) if card.previous else 0


def _since(previous: LivePoint | None, latest: LivePoint) -> str | None:
    if previous is None:
        return None
    return f"by run {latest.run_id}" if previous.run_id == latest.run_id else "since the run before"


def _stale(card: MetricCard) -> str:
    return " · :orange[edited since, not scored yet]" if card.edited_since else ""


def _show_unscored(card: MetricCard) -> None:
    st.metric(f"Live prompt, version {card.version}", "—")
    if card.labelled < 2:
        st.caption("Label at least 2 calls, then run Auto Improve to see its score.")
    else:
        st.caption(f"{card.labelled:,} labels, not scored yet: run Auto Improve.")
