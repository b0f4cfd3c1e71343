"""What the buttons of a schedule do. Each change is told to the scheduler, which also looks by itself."""

from __future__ import annotations

import streamlit as st

from core import jobs, queue, schedules
from core.schedules import ScheduleDetails, ScheduleView
from dashboard import session
from dashboard.components import plain
from dashboard.components.said import say
from dashboard.session import Here

SAID = "schedules"
DELETING = "schedules-deleting"
"""The schedule about whose deletion is being asked; the question stays while the page refreshes."""
LATER = " Redis does not answer right now; the scheduler finds the change as soon as it does."


def show_actions(here: Here, schedule: ScheduleDetails) -> None:
    """The row of buttons; what one of them refuses is said above the row."""
    key = f"schedules-{schedule.id}"
    with st.container(horizontal=True, gap="xsmall", key=f"{key}-actions"):
        run = st.button("Run now", key=f"{key}-run", icon=":material/play_arrow:", disabled=schedule.going)
        if schedule.enabled:
            toggled = st.button("Pause", key=f"{key}-pause", icon=":material/pause:")
        else:
            toggled = st.button("Resume", key=f"{key}-resume", icon=":material/resume:")
        edit = st.button("Edit", key=f"{key}-edit", icon=":material/edit:")
        copy = st.button("Duplicate", key=f"{key}-duplicate", icon=":material/content_copy:")
        delete = st.button("Delete", key=f"{key}-delete", icon=":material/delete:", type="tertiary")
    with session.saying_refusals():
        if run:
            _run_now(here, schedule)
        if toggled:
            _toggle(here, schedule)
        if copy:
            _duplicate(here, schedule)
    if edit:
        session.go("schedules", schedule=schedule.id, edit=1)
    if delete:
        st.session_state[DELETING] = schedule.id
    if st.session_state.get(DELETING) == schedule.id:
        _ask_to_delete(here, schedule)


def announce(here: Here, made: ScheduleView) -> str:
    """Tell the scheduler the next fire; what to add to the sentence that says it is done."""
    return "" if queue.announce_fire(here.redis, made.id, made.next_fire_at) else LATER


def _run_now(here: Here, schedule: ScheduleDetails) -> None:
    run_id, job_ids = schedules.run_now(here.database, here.actor, schedule.id)
    jobs.push_now(here.database, here.redis, job_ids)
    session.go("runs", run=run_id)


def _toggle(here: Here, schedule: ScheduleDetails) -> None:
    change = schedules.pause if schedule.enabled else schedules.resume
    done = change(here.database, here.actor, schedule.id)
    words = "is paused: it does not fire until it is resumed." if schedule.enabled else "fires again."
    say(SAID, f"“{schedule.name}” {words}{announce(here, done)}")
    st.rerun()


def _duplicate(here: Here, schedule: ScheduleDetails) -> None:
    copy = schedules.duplicate(here.database, here.actor, schedule.id)
    say(SAID, "The copy is paused and read-only. Set it up, save it, then resume it.")
    session.go("schedules", schedule=copy.id, edit=1)


def _stop_asking() -> None:
    st.session_state.pop(DELETING, None)


@st.dialog("Delete this schedule?", icon=":material/delete:", on_dismiss=_stop_asking)
def _ask_to_delete(here: Here, schedule: ScheduleDetails) -> None:
    plain.sentence(f"“{schedule.name}” will not fire again. Its runs stay in the history.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="schedules-delete-no"):
            _stop_asking()
            st.rerun()
        if st.button("Delete schedule", key="schedules-delete-yes", type="primary"):
            with session.saying_refusals():
                schedules.delete(here.database, here.actor, schedule.id)
                queue.announce_fire(here.redis, schedule.id, None)
                _stop_asking()
                say(SAID, f"“{schedule.name}” was deleted.")
                session.go("schedules")
