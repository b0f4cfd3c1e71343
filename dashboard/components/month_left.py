"""Whether the project's monthly budget still holds what a run would take."""

from __future__ import annotations

import streamlit as st

from core import jobs
from dashboard.components.links import show_link
from dashboard.session import Here


def show_month(here: Here, expected_calls: int) -> None:
    """Nothing while there is no cap, or room enough below it."""
    month = jobs.month_of(here.database, here.actor, here.the_project.id)
    if month.calls_left is None or month.calls_left >= expected_calls:
        return
    st.markdown(
        f":orange[:material/warning:] Of this project's {month.max_calls:,} model calls in {month.name}, "
        f"{month.calls_left:,} are left: such a run would stop at the cap."
    )
    show_link("settings", "Monthly budget", icon="savings")
