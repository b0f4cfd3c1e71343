"""What a run of a schedule takes, in calls and in money, and what it may take at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import runs
from core.runs import CallEstimate, CostEstimate
from core.schedules import ScheduleDetails
from core.terms import Guard
from dashboard.components.month_left import show_month
from dashboard.components.schedule_field import Field
from dashboard.components.schedules_words import BUDGET_HELP, FREE, MONEY_HELP, NO_PRICES
from dashboard.session import Here

MOST_CALLS, MOST_MONEY = 10_000_000, 1_000_000.0
LEAST_MONEY = 0.0001


@dataclass(frozen=True, slots=True)
class ChosenBudget:
    """The most that one metric of a run may take; None for no limit."""

    max_calls: int | None
    max_cost: float | None


def choose_budget(
    here: Here, field: Field, base: ScheduleDetails | None, chosen: Sequence[int], guard: Guard
) -> ChosenBudget:
    calls = runs.estimated_calls(here.database, here.actor, chosen, guard)
    cost = runs.estimated_cost(here.database, here.actor, here.settings, here.the_project.id, calls)
    with st.container(gap="xxsmall", key=field.name("spending")):
        by_calls, by_money = st.columns(2)
        with by_calls:
            max_calls = _choose_calls(field, base)
        with by_money:
            max_cost = _choose_money(field, base, cost)
        if chosen:
            _show_estimate(calls, cost)
        _warn(calls, cost, max_calls, max_cost)
        show_month(here, sum(one.calls for one in calls))
    return ChosenBudget(max_calls, max_cost)


def _begin_with(key: str, limit: float | None) -> None:
    """As the widget's state, not as its default: a number input that has one cannot be emptied."""
    st.session_state.setdefault(key, limit)


def _choose_calls(field: Field, base: ScheduleDetails | None) -> int | None:
    key = field.name("budget")
    _begin_with(key, base.max_calls if base else None)
    limit = st.number_input(
        "Budget of model calls for each metric (optional)",
        min_value=1,
        max_value=MOST_CALLS,
        value=None,
        placeholder="No limit",
        help=BUDGET_HELP,
        key=key,
    )
    return int(limit) if limit is not None else None


def _choose_money(field: Field, base: ScheduleDetails | None, cost: CostEstimate) -> float | None:
    """Closed where nothing would count the money; a limit that stands already can still be taken away."""
    before = base.max_cost if base else None
    unknown = cost.costs is None
    key = field.name("money")
    _begin_with(key, before)
    limit = st.number_input(
        "Budget in money for each metric (optional)",
        min_value=LEAST_MONEY,
        max_value=MOST_MONEY,
        value=None,
        step=1.0,
        format="%g",
        placeholder="No limit",
        help=MONEY_HELP,
        disabled=unknown and before is None,
        key=key,
    )
    if unknown:
        st.caption(FREE if cost.free else NO_PRICES)
    return float(limit) if limit is not None else None


def _show_estimate(calls: Sequence[CallEstimate], cost: CostEstimate) -> None:
    total = sum(one.calls for one in calls)
    if not total:
        st.caption("There are not enough labels yet: a run would end without a model call.")
        return
    labelled, largest = sum(one.labelled for one in calls), max(one.calls for one in calls)
    each = f", at most {largest:,} for one metric" if len(calls) > 1 else ""
    money = f", about **{in_money(cost.total)}** at the prices set" if cost.total is not None else ""
    st.caption(
        f"A run with new feedback takes about **{total:,} model calls**{money} for the {labelled:,} labels "
        f"there are now{each}; one without new feedback takes none."
    )


def in_money(amount: float) -> str:
    """Two digits that say something: 12.30, 0.042, 0.0005."""
    if amount >= 1:
        return f"{amount:,.2f}"
    return f"{amount:.2g}" if amount >= LEAST_MONEY else f"less than {LEAST_MONEY}"


def _warn(
    calls: Sequence[CallEstimate], cost: CostEstimate, max_calls: int | None, max_cost: float | None
) -> None:
    few = max_calls is not None and max_calls < max((one.calls for one in calls), default=0)
    little = max_cost is not None and max_cost < (cost.largest or 0.0)
    if few or little:
        st.markdown(":orange[:material/warning:] This budget is below that: such a run would stop halfway.")
