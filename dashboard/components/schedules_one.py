"""One schedule: what it is, and what became of each of its fires."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import schedules, webhooks
from core.schedules import FireKind, PastFire, ScheduleDetails
from core.schedules.fires_view import PAGE, FiresPage
from dashboard import session
from dashboard.components import outcomes, paging, plain, times
from dashboard.components.links import show_link
from dashboard.components.schedule_budget import in_money
from dashboard.components.schedules_actions import show_actions
from dashboard.components.schedules_list import show_badges, show_summary, zone_of
from dashboard.components.schedules_words import NOTIFY
from dashboard.session import Here

LEGEND = (
    "Every due moment has a run, or a line that says why there was none. Fires during a pause are not missed."
)


def show_schedule(here: Here, schedule_id: int) -> None:
    show_link("schedules", "Schedules", icon="arrow_back")
    schedule = schedules.schedule_details(here.database, here.actor, schedule_id)
    if schedule.project_id != here.the_project.id:
        session.go("schedules", project=schedule.project_id, schedule=schedule_id)
    st.title(plain.short(schedule.name), anchor=False)
    with st.container(horizontal=True, gap="small"):
        show_badges(schedule)
    show_summary(here, schedule)
    st.caption(_options(schedule))
    _show_webhooks(here, schedule_id)
    show_actions(here, schedule)
    _show_fires(here, schedule)


def _show_webhooks(here: Here, schedule_id: int) -> None:
    """Who else hears of its runs, and where that is changed."""
    hearing = webhooks.webhooks_of(here.database, here.actor, here.the_project.id, schedule_id)
    if hearing:
        names = ", ".join(plain.short(one.name) for one in hearing)
        show_link("settings", f"Also told: {names}", icon="webhook", section="webhooks")


def _options(schedule: ScheduleDetails) -> str:
    limits = [
        f"{schedule.max_calls:,} calls" if schedule.max_calls else "",
        f"{in_money(schedule.max_cost)} in money" if schedule.max_cost else "",
    ]
    budget = " and ".join(filter(None, limits))
    budget = f"at most {budget} a metric" if budget else "no budget"
    code = " · code waits for review" if schedule.auto_apply and not schedule.apply_code else ""
    cron = plain.label(schedule.cron)
    return f"Cron {cron} · mail: {NOTIFY[schedule.notify].lower()} · {budget}{code}"


def _page(here: Here, schedule_id: int, number: int) -> FiresPage:
    return schedules.fires(here.database, here.actor, schedule_id, page=number)


def _show_fires(here: Here, schedule: ScheduleDetails) -> None:
    st.subheader("Fires", anchor=False)
    found, number = paging.found_page(partial(_page, here, schedule.id), PAGE)
    if not found.total:
        st.caption("It has not fired yet.")
        return
    st.caption(LEGEND)
    with st.container(border=True, key="schedules-fires", gap="medium"):
        for index, fire in enumerate(found.fires):
            _show_fire(schedule, fire, f"schedules-fire-{index}")
    paging.show_pages(found.total, PAGE, number, "schedules-page")


def _show_fire(schedule: ScheduleDetails, fire: PastFire, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        at = times.moment(fire.at, zone_of(schedule))
        times.show("**" + at + f"** :small[:gray[{times.away(fire.at)}]]", width="content")
        _show_kind(fire)
        if fire.reason:
            st.caption(plain.label(fire.reason), width="content")
        if fire.run_id is not None:
            show_link("runs", f"Run {fire.run_id}", icon="open_in_new", run=fire.run_id)


def _show_kind(fire: PastFire) -> None:
    if fire.kind is FireKind.MISSED:
        st.badge("Missed", icon=":material/event_busy:", color="orange")
    elif fire.kind is FireKind.SKIPPED:
        st.badge("Skipped", icon=":material/skip_next:", color="gray")
    elif fire.going:
        outcomes.badge(None, "active")
    else:
        for outcome in dict.fromkeys(fire.outcomes):
            outcomes.badge(outcome)
    if fire.kind is FireKind.BY_HAND:
        st.caption("started by hand", width="content")
