"""A project's name, timezone and model, and its schedules."""

from __future__ import annotations

import streamlit as st

from core import project_settings, schedules
from core.accounts import MAX_NAME
from core.cron import zones
from core.schedules import ScheduleDetails
from dashboard import session
from dashboard.components import plain, said, times
from dashboard.components.links import show_link
from dashboard.components.schedule_form import show_form
from dashboard.components.schedules_list import metric_names, show_badges, zone_of
from dashboard.components.settings_spending import show_spending
from dashboard.session import Here


def show_general(here: Here) -> None:
    _show_project(here)
    _show_schedules(here)
    show_spending(here)
    with st.container(horizontal=True):
        if st.button("New project", key="settings-another", icon=":material/create_new_folder:"):
            session.go("settings", new=1)


def _show_project(here: Here) -> None:
    project = here.the_project
    names = zones() if project.timezone in zones() else sorted([*zones(), project.timezone])
    with st.form(f"settings-project-{project.id}"):
        name = st.text_input("Name", project.name, max_chars=MAX_NAME, key=f"settings-name-{project.id}")
        left, right = st.columns(2)
        timezone = left.selectbox(
            "Default timezone",
            names,
            index=names.index(project.timezone),
            help="For new schedules and for the times on the pages. A schedule keeps the one it has.",
            key=f"settings-zone-{project.id}",
        )
        model = right.text_input(
            "Model name",
            project.model or "",
            max_chars=project_settings.MAX_MODEL,
            placeholder=here.settings.llm_model,
            help="Another model of the same endpoint, for this project. Empty: the installation's.",
            key=f"settings-model-{project.id}",
        )
        pressed = st.form_submit_button("Save", key=f"settings-save-{project.id}", type="primary")
    if pressed:
        with session.saying_refusals():
            project_settings.update_project(
                here.database, here.actor, project.id, name=name, timezone=str(timezone), model=model
            )
            said.say("settings", "The project's settings are saved.")
            st.rerun()


def _show_schedules(here: Here) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Auto-optimise metrics", anchor=False, width="content")
        adding = "add" in st.query_params
        if not adding and st.button("Add schedule", key="settings-add", icon=":material/add:"):
            session.go("settings", add=1)
    if adding:
        show_form(here, None, key="settings-schedule", page="settings")
        return
    found = schedules.page_of_schedules(here.database, here.actor, here.the_project.id)
    if not found.total:
        st.caption(
            "No metric of this project is improved by itself yet. A schedule does it, for example every "
            "Monday; while it is read-only it changes nothing and mails you its proposals."
        )
    for schedule in found.schedules:
        _show_schedule(schedule)
    if found.total > len(found.schedules):
        show_link("schedules", f"All {found.total:,} schedules", icon="arrow_forward")


def _show_schedule(schedule: ScheduleDetails) -> None:
    with st.container(border=True, key=f"settings-schedule-{schedule.id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_link("schedules", f"**{plain.short(schedule.name)}**", schedule=schedule.id)
            show_badges(schedule)
        st.markdown(plain.label(schedule.description))
        told, at = times.Dated(metric_names(schedule)), schedule.next_fire_at
        if at is not None:
            told += " · next " + times.moment(at, zone_of(schedule)) + f" ({times.away(at)})"
        times.caption(told)
