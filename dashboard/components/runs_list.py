"""The list of runs: filters that stand in the address, a card a run, pages of 25."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

import streamlit as st

from core.runs.attention import Need
from core.runs.listing import PAGE, RunFilter, RunLine, RunPage, page_of_runs, run_choices
from core.terms import SHOWN_AS, Outcome
from dashboard.components import filters, paging, plain, runs_words, times
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link
from dashboard.session import Here, parameter

DAYS = ("from", "to")
FILTERS = ("metric", "outcome", "needs", "trigger", "schedule", "state", *DAYS)
NEEDS = {Need.DECISION.value: "A decision", Need.LOOK.value: "A look"}
NARROWEST = 140
"""Pixels of a filter; two of them stand side by side on a phone."""


def show_list(here: Here) -> None:
    st.title("Runs", anchor=False)
    project = here.the_project
    choices = run_choices(here.database, here.actor, project.id)
    if not choices.metrics:
        _invite()
        return
    _show_filters(choices.metrics, choices.schedules)
    found, number = paging.found_page(partial(_page, here, project.id, wanted_runs()), PAGE)
    _show_runs(here, found, number)


def _page(here: Here, project_id: int, wanted: RunFilter, number: int) -> RunPage:
    offset = (number - 1) * PAGE
    return page_of_runs(here.database, here.actor, project_id, wanted, offset=offset, limit=PAGE)


def wanted_runs() -> RunFilter:
    """The filter in the address; what it cannot be is ignored."""
    outcome, trigger = st.query_params.get("outcome"), st.query_params.get("trigger")
    state, needs = st.query_params.get("state"), st.query_params.get("needs")
    first_day, last_day = (_day(name) for name in DAYS)
    return RunFilter(
        metric_id=parameter("metric"),
        outcome=Outcome(outcome) if outcome in set(Outcome) else None,
        needs=Need(needs) if needs in NEEDS else None,
        trigger=trigger if trigger in runs_words.TRIGGERS else None,
        schedule_id=parameter("schedule"),
        state=state if state in runs_words.STATE_NAMES else None,
        first_day=first_day,
        last_day=last_day,
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return None


def _invite() -> None:
    empty_state(
        "history",
        "No runs yet",
        "A run reads a metric’s labels, rewrites its prompt and shows on the labels whether that is better.",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        show_link("metrics", "Start one with Auto Improve", icon="auto_fix_high")
        show_link("schedules", "Let a schedule start them", icon="schedule")


def _show_filters(metrics: Mapping[int, str], schedules: Mapping[int, str]) -> None:
    with st.grid(4, min_column_width=NARROWEST, key="runs-filters"):
        filters.show_choice("runs", "metric", "Metric", _names(metrics))
        filters.show_choice("runs", "outcome", "Outcome", {one.value: SHOWN_AS[one] for one in Outcome})
        filters.show_choice("runs", "needs", "Needs", NEEDS)
        filters.show_choice("runs", "state", "State", runs_words.STATE_NAMES)
        filters.show_choice("runs", "trigger", "Started by", runs_words.TRIGGERS)
        if schedules:
            filters.show_choice("runs", "schedule", "Schedule", _names(schedules))
        for name, label in zip(DAYS, ("From", "To"), strict=True):
            _show_day(name, label)
    if any(name in st.query_params for name in FILTERS):
        st.button("Clear the filters", icon=":material/filter_alt_off:", key="runs-clear", on_click=_clear)


def _names(by_id: Mapping[int, str]) -> dict[str, str]:
    return {str(key): plain.option(name) for key, name in by_id.items()}


def _show_day(name: str, label: str) -> None:
    """A day of the project's zone."""
    current = _day(name)
    key = f"runs-{name}-{current}"
    st.date_input(label, current, key=key, on_change=_choose_day, args=(name, key), format="YYYY-MM-DD")


def _choose_day(name: str, key: str) -> None:
    chosen = st.session_state[key]
    filters.put(name, "" if chosen is None else chosen.isoformat())


def _clear() -> None:
    filters.clear(*FILTERS, *filters.HOW_FAR)


def _show_runs(here: Here, found: RunPage, number: int) -> None:
    if not found.runs:
        empty_state("filter_alt", "No run matches", "Choose other filters, or clear them to see every run.")
        return
    noun = "run" if found.total == 1 else "runs"
    st.caption(f"{paging.span(number, PAGE, len(found.runs), found.total)} {noun}")
    for run in found.runs:
        show_run_card(here, run)
    paging.show_pages(found.total, PAGE, number, "runs-page")


def show_run_card(here: Here, run: RunLine) -> None:
    """One run: what came of each metric, and what it took. Links to the run."""
    with st.container(border=True, key=f"runs-card-{run.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_link("runs", f"**Run {run.id}**", run=run.id)
            times.caption(_when_and_why(here, run), width="content")
            if run.state in runs_words.STATES:
                st.markdown(runs_words.state_badge(run.state), width="content")
            st.space("stretch")
            st.caption(runs_words.run_spent(run), width="content")
        for result in run.results:
            st.markdown(runs_words.result_line(result))


def _when_and_why(here: Here, run: RunLine) -> times.Dated:
    at = times.moment(run.created_at, here.the_project.zone)
    return at + f" · {runs_words.origin(run.trigger, run.schedule, run.starter)}"
