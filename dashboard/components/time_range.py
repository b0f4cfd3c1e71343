"""How far back charts look; the choice stands in the address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

PARAMETER = "range"
RANGES = {"30d": "30 days", "3m": "3 months", "1y": "1 year", "all": "All time"}
DAYS = {"30d": 30, "3m": 92, "1y": 366}
USUAL = "3m"


def choose_range(key: str, usual: str = USUAL) -> datetime | None:
    """Since when, at the start of a UTC day so that what was asked is cached; None for all time."""
    current = _current(usual)
    key = f"{key}-{current}"
    st.segmented_control(
        "Time",
        list(RANGES),
        default=current,
        format_func=RANGES.__getitem__,
        required=True,
        key=key,
        on_change=_choose,
        args=(key, usual),
        label_visibility="collapsed",
    )
    return since(current, datetime.now(UTC))


def chosen_range(usual: str = USUAL) -> datetime | None:
    """The same without the control, where there is nothing to choose from yet."""
    return since(_current(usual), datetime.now(UTC))


def _current(usual: str) -> str:
    asked = st.query_params.get(PARAMETER, usual)
    return asked if asked in RANGES else usual


def since(chosen: str, now: datetime) -> datetime | None:
    if chosen not in DAYS:
        return None
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS[chosen])


def _choose(key: str, usual: str) -> None:
    chosen = st.session_state[key]
    if chosen == usual:
        st.query_params.pop(PARAMETER, None)
    else:
        st.query_params[PARAMETER] = chosen
