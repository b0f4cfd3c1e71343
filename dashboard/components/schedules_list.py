"""A project's schedules as cards: when, what, how the last runs went, and what can be done."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import streamlit as st

from core import schedules
from core.accounts import MAX_NAME
from core.cron import zone
from core.errors import UnknownZone
from core.schedules import ScheduleDetails, ScheduleFilter, SchedulePage
from core.schedules.details import EVERY, PAGE
from dashboard import session
from dashboard.components import filters, paging, plain, times
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link
from dashboard.components.schedules_actions import show_actions
from dashboard.components.schedules_dots import in_words, show_dots
from dashboard.session import Here

WHILE_GOING = "5s"
METRICS_NAMED = 6
STATES = {filters.ALL: "All", "on": "On", "paused": "Paused", "idle": "No new labels"}


def show_list(here: Here) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Schedules", anchor=False, width="content")
        if st.button("New schedule", key="schedules-new", type="primary", icon=":material/add:"):
            session.go("schedules", new=1)
    wanted = wanted_schedules()
    found, number = paging.found_page(partial(_page, here, wanted), PAGE)
    if not found.total and wanted == EVERY:
        empty_state(
            "schedule",
            "No schedule yet",
            "A schedule improves metrics by itself, for example every Monday morning, and mails what it "
            "found. While it is read-only it changes nothing: you review each proposal.",
        )
        return
    if found.total > PAGE or wanted != EVERY:
        _show_filter(wanted)
    _show_page(here, found, number)


def _page(here: Here, wanted: ScheduleFilter, number: int) -> SchedulePage:
    return schedules.page_of_schedules(here.database, here.actor, here.the_project.id, wanted, page=number)


def wanted_schedules() -> ScheduleFilter:
    """The filter in the address."""
    state = filters.chosen("state", STATES)
    return ScheduleFilter(
        filters.written("find", MAX_NAME), {"on": True, "paused": False}.get(state or ""), state == "idle"
    )


def _show_filter(wanted: ScheduleFilter) -> None:
    state = filters.chosen("state", STATES) or filters.ALL
    key = f"schedules-state-{state}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="schedules-filter"):
        filters.show_words("schedules", "find", "Find by name", "A piece of the name", MAX_NAME, width=320)
        st.segmented_control(
            "State",
            list(STATES),
            default=state,
            format_func=lambda state: STATES[state],
            required=True,
            key=key,
            on_change=filters.follow,
            args=("state", key),
        )


def _show_page(here: Here, found: SchedulePage, number: int) -> None:
    if not found.schedules:
        empty_state("search", "No schedule matches", "Look for another piece of the name, or show all.")
    elif found.total > PAGE:
        st.caption(f"{paging.span(number, PAGE, len(found.schedules), found.total)} schedules, by name")
    for schedule in found.schedules:
        _show_card(here, schedule)
    paging.show_pages(found.total, PAGE, number, "schedules-pages")


def _show_card(here: Here, schedule: ScheduleDetails) -> None:
    with st.container(border=True, key=f"schedules-card-{schedule.id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_link("schedules", f"**{plain.short(schedule.name)}**", schedule=schedule.id)
            show_badges(schedule)
        show_summary(here, schedule)
        show_actions(here, schedule)


def show_summary(here: Here, schedule: ScheduleDetails) -> None:
    """When it fires and on what, how it went, and whose it is."""
    with st.container(gap="xxsmall", key=f"schedules-what-{schedule.id}"):
        st.markdown(f":material/event_repeat: {plain.label(schedule.description)}")
        st.caption(f":material/gavel: {metric_names(schedule)}")
    fires, runs, owner = st.columns([2, 2, 1.4], gap="medium")
    with fires.container(gap="xxsmall"):
        _show_next(schedule)
    with runs.container(gap="xxsmall"):
        if schedule.going:
            st.fragment(_watch_runs, run_every=WHILE_GOING)(here, schedule.id, [schedule])
        else:
            _show_runs(schedule)
    with owner.container(gap="xxsmall"):
        st.caption("Owner")
        st.text(schedule.owner or "Plumbline")


def show_badges(schedule: ScheduleDetails) -> None:
    if schedule.enabled:
        st.badge("On", icon=":material/check:", color="green")
    else:
        st.badge("Paused", icon=":material/pause:", color="gray")
    if schedule.auto_apply:
        st.badge("Auto-apply", icon=":material/bolt:", color="orange")
    else:
        st.badge("Read-only", icon=":material/visibility:", color="blue")


def metric_names(schedule: ScheduleDetails) -> str:
    """The names, escaped; the first few and how many more there are."""
    if not schedule.metrics:
        return "No metric left: edit the schedule to choose some."
    named = [plain.short(metric.name) for metric in schedule.metrics[:METRICS_NAMED]]
    more = len(schedule.metrics) - len(named)
    return " · ".join([*named, *([f"and {more} more"] if more else [])])


def zone_of(schedule: ScheduleDetails) -> ZoneInfo:
    """The schedule's zone; UTC where a newer timezone table no longer knows it."""
    try:
        return zone(schedule.timezone)
    except UnknownZone:
        return ZoneInfo("UTC")


def _show_next(schedule: ScheduleDetails) -> None:
    at = schedule.next_fire_at
    if at is None:
        st.caption("Not firing")
        st.markdown(plain.label(schedule.paused_reason or "Paused."))
        return
    st.caption("Next fire")
    times.show("**" + times.moment(at, zone_of(schedule)) + f"** · {times.away(at)}")
    if (datetime.now(UTC) - at).total_seconds() > 60:
        st.caption(":orange[:material/warning: Overdue: see under **Status** whether the scheduler runs.]")


def _watch_runs(here: Here, schedule_id: int, read: list[ScheduleDetails]) -> None:
    """Looks again by itself while a run is going; when it has ended, the whole page is drawn anew.

    `read` holds what the page itself has just read, for the first look: a page of schedules that are all
    going would ask for each of them once more.
    """
    with session.saying_refusals():
        now = read.pop() if read else schedules.schedule_details(here.database, here.actor, schedule_id)
        if not now.going:
            st.rerun()
        _show_runs(now)


def _show_runs(schedule: ScheduleDetails) -> None:
    st.caption("Last runs")
    if not schedule.newest:
        st.markdown("None yet")
        return
    show_dots(schedule.newest, zone_of(schedule))
    newest = schedule.newest[0]
    times.caption(times.moment(newest.at, zone_of(schedule)) + f": {in_words(newest)}")
