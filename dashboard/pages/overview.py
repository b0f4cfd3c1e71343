"""Overview: what waits for a person, how every metric stands, what runs now and what comes next."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import schedules
from core.runs.going import going_in_project
from core.runs.listing import RunPage, page_of_runs
from core.runs.overview import Overview, overview
from core.schedules import NextToFire, ScheduleView
from dashboard import session
from dashboard.components import (
    overview_attention,
    overview_cards,
    overview_start,
    plain,
    runs_list,
    runs_progress,
    times,
)
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link, show_link_style
from dashboard.session import Here

GOING = 8
LATEST = 6
NEXT = 5


def show_page() -> None:
    here = session.here()
    show_link_style()
    if here.project is None:
        _show_welcome()
        return
    found = overview(here.database, here.actor, here.project.id)
    st.title("Overview", anchor=False)
    st.caption(_counts(here, found))
    if not found.scored:
        overview_start.show_steps(found)
    overview_attention.show_attention(here, found)
    _show_going(here)
    overview_cards.show_cards(here)
    runs = page_of_runs(here.database, here.actor, here.project.id, limit=LATEST)
    due = schedules.next_to_fire(here.database, here.actor, here.project.id, NEXT)
    if not runs.total:
        _show_next(here, due)
        return
    latest, following = st.columns([2, 1], gap="medium")
    with latest:
        _show_latest(here, runs)
    with following:
        _show_next(here, due)


def _show_welcome() -> None:
    st.title("Overview", anchor=False)
    empty_state(
        "folder", "No project yet", "A project holds metrics, their calls and the people who label them."
    )
    with st.container(horizontal_alignment="center"):
        show_link("settings", "Make a project", icon="add")


def _counts(here: Here, found: Overview) -> str:
    counts = ((found.metrics, "metric"), (found.calls, "call"), (found.labelled, "label"))
    words = [f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts]
    return " · ".join([plain.short(here.the_project.name), *words])


def _show_going(here: Here) -> None:
    heading = st.empty()
    find = partial(going_in_project, here.database, here.actor, here.the_project.id, limit=GOING)
    if runs_progress.show_going(find, key="overview-going", linked=True):
        heading.subheader("Running now", anchor=False)


def _show_latest(here: Here, found: RunPage) -> None:
    st.subheader("Latest runs", anchor=False)
    for run in found.runs:
        runs_list.show_run_card(here, run)
    if found.total > LATEST:
        show_link("runs", f"All {found.total:,} runs", icon="arrow_forward")


def _show_next(here: Here, due: NextToFire) -> None:
    st.subheader("Next fires", anchor=False)
    for schedule in due.schedules:
        _show_fire(here, schedule)
    if not due.total:
        st.caption("No schedule is on. A weekly one, read-only, is a good beginning.")
    if due.total > len(due.schedules):
        show_link("schedules", f"All {due.total:,} schedules that are on", icon="arrow_forward", state="on")
    else:
        show_link("schedules", "Schedules", icon="schedule")


def _show_fire(here: Here, schedule: ScheduleView) -> None:
    assert schedule.next_fire_at is not None
    with st.container(border=True, key=f"overview-fire-{schedule.id}", gap=None):
        auto = " :orange-badge[:material/bolt: Auto-apply]" if schedule.auto_apply else ""
        st.markdown(f"**{plain.short(schedule.name)}**{auto}")
        at = times.moment(schedule.next_fire_at, here.the_project.zone)
        times.caption(at + f" · {times.away(schedule.next_fire_at)}")


with session.saying_refusals():
    show_page()
