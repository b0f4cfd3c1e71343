"""Schedules: the list, one schedule with its fires, or the form that makes and edits one."""

from __future__ import annotations

import streamlit as st

from core import schedules
from dashboard import session
from dashboard.components import plain, said, schedules_list, schedules_one
from dashboard.components.links import show_link, show_link_style
from dashboard.components.schedule_form import show_form
from dashboard.session import Here


def show_page() -> None:
    here = session.need_project()
    show_link_style()
    said.show_said("schedules")
    schedule_id = session.parameter("schedule")
    if schedule_id is None and "new" in st.query_params:
        _show_new(here)
    elif schedule_id is None:
        schedules_list.show_list(here)
    elif "edit" in st.query_params:
        _show_edit(here, schedule_id)
    else:
        schedules_one.show_schedule(here, schedule_id)


def _show_new(here: Here) -> None:
    show_link("schedules", "Schedules", icon="arrow_back")
    st.title("New schedule", anchor=False)
    show_form(here, None, key="schedules-form-new", page="schedules")


def _show_edit(here: Here, schedule_id: int) -> None:
    show_link("schedules", "Back to the schedule", icon="arrow_back", schedule=schedule_id)
    schedule = schedules.schedule_details(here.database, here.actor, schedule_id)
    if schedule.project_id != here.the_project.id:
        session.go("schedules", project=schedule.project_id, schedule=schedule_id, edit=1)
    st.title(f"Edit “{plain.short(schedule.name)}”", anchor=False)
    show_form(here, schedule, key=f"schedules-form-{schedule_id}", page="schedules")


with session.saying_refusals():
    show_page()
