"""What a project spends in a month, and the caps that an admin sets."""

from __future__ import annotations

import streamlit as st

from core import jobs
from core.jobs import Month
from dashboard import session
from dashboard.components import said
from dashboard.session import Here

MOST_CALLS, MOST_COST = 1_000_000_000, 1e9
ABOUT = (
    "Hard caps on what all runs and evaluations of this project ask of the model in a calendar month. At a "
    "cap they stop, nothing half searched is proposed, and the next month starts anew. Leave a field empty "
    "for no cap."
)


def show_spending(here: Here) -> None:
    month = jobs.month_of(here.database, here.actor, here.the_project.id)
    st.subheader("Monthly budget", anchor=False)
    st.caption(ABOUT)
    _show_spent(month)
    caps = {
        f"settings-cap-calls-{here.the_project.id}": month.max_calls,
        f"settings-cap-cost-{here.the_project.id}": month.max_cost,
    }
    for key, cap in caps.items():  # as state, not as a default: a number input that has one cannot be emptied
        st.session_state.setdefault(key, cap)
    calls_key, cost_key = caps
    with st.form(f"settings-caps-{here.the_project.id}"):
        left, right = st.columns(2)
        calls = left.number_input(
            "Model calls a month",
            min_value=0,
            max_value=MOST_CALLS,
            value=None,
            step=100,
            placeholder="No cap",
            key=calls_key,
        )
        cost = right.number_input(
            "Money a month",
            min_value=0.0,
            max_value=MOST_COST,
            value=None,
            placeholder="No cap",
            help="In the currency of the model's prices, which must be set.",
            key=cost_key,
        )
        pressed = st.form_submit_button("Save the caps", key=f"settings-caps-save-{here.the_project.id}")
    if pressed:
        with session.saying_refusals():
            jobs.set_monthly_caps(
                here.database,
                here.settings,
                here.actor,
                here.the_project.id,
                max_calls=None if calls is None else int(calls),
                max_cost=cost,
            )
            said.say("settings", "The monthly caps are saved.")
            st.rerun()


def _show_spent(month: Month) -> None:
    if month.max_calls:
        share = min(1.0, month.calls / month.max_calls)
        st.progress(share, text=f"{month.name}: {month.calls:,} of {month.max_calls:,} model calls")
    else:
        st.markdown(f"{month.name}: **{month.calls:,} model calls** so far")
    if month.max_cost:
        share = min(1.0, month.cost / month.max_cost)
        st.progress(share, text=f"{month.name}: {month.cost:,.2f} of {month.max_cost:,.2f} in model costs")
    elif month.cost:
        st.markdown(f"{month.name}: **{month.cost:,.2f}** in model costs so far")
