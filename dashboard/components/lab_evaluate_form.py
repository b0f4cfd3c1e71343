"""Which calls to evaluate, and what that costs, before a single one is asked about."""

from __future__ import annotations

import streamlit as st

from core import evaluations, jobs, lab
from core.evaluations import EvaluationEstimate, Kind, Selection
from core.lab import LabStanding, RowsAsked
from dashboard import session
from dashboard.components import plain
from dashboard.components.lab_choosing import choose_none, chosen_rows
from dashboard.components.lab_place import REFUSED, Place
from dashboard.components.lab_words import FILTER_NAMES
from dashboard.components.month_left import show_month
from dashboard.session import Here

ASKED_ABOUT = "lab-evaluate-asked"
SAMPLE = 50
CENTS_MATTER = 0.1
EVERYTHING_ASKED = RowsAsked()
NO_REDIS = "Redis does not answer. The evaluation is stored and starts by itself when Redis is back."


def ask(metric_id: int) -> None:
    st.session_state[ASKED_ABOUT] = metric_id


def let_go() -> None:
    st.session_state.pop(ASKED_ABOUT, None)


def asked(metric_id: int) -> bool:
    """Whether the form is open."""
    return bool(st.session_state.get(ASKED_ABOUT) == metric_id)


def show_form(here: Here, place: Place, metric_id: int, standing: LabStanding) -> None:
    with st.container(border=True, key="lab-evaluate-form"):
        _show_form(here, place, metric_id, standing)


def _show_form(here: Here, place: Place, metric_id: int, standing: LabStanding) -> None:
    offered = _offered(here, place, metric_id, standing)
    kind = st.radio(
        "Which calls?",
        list(offered),
        format_func=lambda each: plain.short(offered[each]),
        key="lab-evaluate-kind",
    )
    selection = _selection(kind, place, metric_id, standing)
    with session.saying_refusals():
        found = evaluations.estimate(here.database, here.actor, here.settings, metric_id, selection)
        st.markdown(estimate_words(found))
        show_month(here, found.calls)
        with st.container(horizontal=True):
            _offer_start(here, metric_id, selection, found)
            st.button("Not now", type="tertiary", key="lab-evaluate-not", on_click=let_go)


def estimate_words(found: EvaluationEstimate) -> str:
    """What it comes to, in one sentence."""
    rows = f"**{found.rows:,} call{'' if found.rows == 1 else 's'}**"
    if not found.calls:
        return f"{rows}, judged by code: no model call, nothing to pay."
    asks = f"{rows}, at most **{found.calls:,} model call{'' if found.calls == 1 else 's'}**"
    if found.free:
        return f"{asks}; the model costs nothing."
    if found.cost is None:
        return f"{asks}. What a call costs is not set, so there is no sum in money."
    money = f"{found.cost:,.4f}" if found.cost < CENTS_MATTER else f"{found.cost:,.2f}"
    return f"{asks}, about **{money}** in the currency of your prices."


def _offered(here: Here, place: Place, metric_id: int, standing: LabStanding) -> dict[Kind, str]:
    """The kinds that leave something, the likeliest first."""
    offered: dict[Kind, str] = {}
    if chosen := chosen_rows(metric_id):
        offered[Kind.CHOSEN] = f"The {len(chosen):,} chosen"
    if standing.rows_not_evaluated:
        offered[Kind.NEW] = f"All new ones: {standing.rows_not_evaluated:,} that were never judged"
    if place.asked != EVERYTHING_ASKED and (total := _asked(here, place, metric_id)):
        words = f" with “{place.asked.search}”" if place.asked.search else ""
        offered[Kind.ASKED] = f"Those of the list: {FILTER_NAMES[place.asked.show]}{words}, {total:,}"
    offered[Kind.ALL] = f"All {standing.rows:,}"
    if standing.rows > 1:
        offered[Kind.SAMPLE] = "A sample at random"
    return offered


def _asked(here: Here, place: Place, metric_id: int) -> int:
    return lab.rows_page(here.database, here.actor, metric_id, place.asked).total


def _selection(kind: Kind, place: Place, metric_id: int, standing: LabStanding) -> Selection:
    size = 0
    if kind is Kind.SAMPLE:
        size = st.number_input(
            "How many",
            min_value=1,
            max_value=min(standing.rows, evaluations.MAX_CHOSEN),
            value=min(SAMPLE, standing.rows),
            key="lab-evaluate-size",
        )
    return Selection(kind, size, place.asked, chosen_rows(metric_id))


def _offer_start(here: Here, metric_id: int, selection: Selection, found: EvaluationEstimate) -> None:
    if not st.button(
        f"Evaluate {found.rows:,} call{'' if found.rows == 1 else 's'}",
        type="primary",
        icon=":material/play_arrow:",
        key="lab-evaluate-start",
        disabled=not found.rows,
    ):
        return
    job_id = evaluations.start(here.database, here.actor, metric_id, selection)
    choose_none(metric_id)
    let_go()
    if not jobs.push_now(here.database, here.redis, [job_id]):
        st.session_state[REFUSED] = NO_REDIS
    st.rerun()
