"""The form that makes and edits a schedule, on the Schedules page and in the project's settings.

Nothing is wrapped in `st.form`: the plain English, the next fires and what is wrong with a field follow
while it is filled in. What is missing is said from the first try to save on.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core import accounts, metrics, schedules
from core.errors import EditedMeanwhile, PlumblineError
from core.runs import RunOptions
from core.schedules import ScheduleDetails, ScheduleView
from core.terms import Guard, MetricType
from dashboard import session
from dashboard.components import plain, said
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link
from dashboard.components.schedule_budget import choose_budget
from dashboard.components.schedule_field import Field
from dashboard.components.schedule_rhythm import ChosenRhythm, choose_rhythm
from dashboard.components.schedule_risk import choose_mode, choose_notify
from dashboard.components.schedules_actions import announce
from dashboard.components.schedules_list import zone_of
from dashboard.components.times import utc, when
from dashboard.session import Here


@dataclass(frozen=True, slots=True)
class Choice:
    """A metric that can be chosen."""

    name: str
    critical: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule that may be saved. `confirmed` are the names of critical metrics that were typed."""

    name: str
    metrics: list[int]
    rhythm: ChosenRhythm
    options: RunOptions
    confirmed: tuple[str, ...]


def show_form(here: Here, schedule: ScheduleDetails | None, *, key: str, page: str) -> None:
    """`schedule` is None for a new one; `key` begins every widget's; `page` is where to go afterwards."""
    base = _as_opened(schedule, key)
    choices = _choices(here, base)
    if not choices:
        empty_state("gavel", "No metric yet", "A schedule improves metrics, so make a metric first.")
        show_link("metrics", "Make a metric", icon="add", new=1)
        return
    field = Field(key, tried=bool(st.session_state.get(f"{key}-tried")))
    with st.container(border=True, key=f"{key}-box"):
        draft = _fill_in(here, field, base, choices)
        _show_buttons(here, field, base, page, draft)


def _as_opened(schedule: ScheduleDetails | None, key: str) -> ScheduleDetails | None:
    """The schedule as it was when the form was opened: a save names that revision, not a later one.

    Streamlit forgets a widget that was not shown, so a form without its name field was just opened.
    """
    if f"{key}-name" not in st.session_state:
        _forget(key)
        st.session_state[f"{key}-base"] = schedule
    found: ScheduleDetails | None = st.session_state.get(f"{key}-base")
    return found


def _forget(key: str) -> None:
    for name in [name for name in st.session_state if str(name).startswith(f"{key}-")]:
        del st.session_state[name]


def _choices(here: Here, base: ScheduleDetails | None) -> dict[int, Choice]:
    """The project's LLM-judge metrics by id, and those on the schedule that a run turned into code."""
    found = {
        one.id: Choice(one.name, one.critical)
        for one in metrics.list_metrics(here.database, here.actor, here.the_project.id)
        if one.type is MetricType.LLM_JUDGE
    }
    stay = {one.id: Choice(one.name, one.critical) for one in (base.metrics if base else ()) if one.is_code}
    return found | stay


def _fill_in(
    here: Here, field: Field, base: ScheduleDetails | None, choices: dict[int, Choice]
) -> Draft | None:
    """Every field; None while something is missing or wrong, which its field says."""
    chosen = _choose_metrics(field, base, choices)
    name = _choose_name(field, base, [choices[metric_id].name for metric_id in chosen])
    rhythm = choose_rhythm(field, base, here.the_project)
    critical = {one: choices[one].name for one in chosen if choices[one].critical}
    mode = choose_mode(here, field, base, chosen, critical)
    notify = choose_notify(here, field, base)
    budget = choose_budget(here, field, base, chosen, mode.guard if mode else Guard.STANDARD)
    if rhythm is None or mode is None or not chosen or name is None:
        return None
    options = RunOptions(
        mode.auto_apply, mode.apply_code, mode.guard, notify, budget.max_calls, budget.max_cost
    )
    return Draft(name, chosen, rhythm, options, mode.confirmed)


def _store(here: Here, base: ScheduleDetails | None, draft: Draft) -> ScheduleView:
    if base is None:
        return schedules.add(
            here.database,
            here.actor,
            here.the_project.id,
            draft.metrics,
            draft.rhythm.cron,
            timezone=draft.rhythm.timezone,
            name=draft.name,
            options=draft.options,
            confirmed_critical=draft.confirmed,
        )
    return schedules.update(
        here.database,
        here.actor,
        base.id,
        name=draft.name,
        metrics=draft.metrics,
        cron=draft.rhythm.cron,
        timezone=draft.rhythm.timezone,
        options=draft.options,
        confirmed_critical=draft.confirmed,
        expected_revision=base.revision,
    )


def _choose_metrics(field: Field, base: ScheduleDetails | None, choices: dict[int, Choice]) -> list[int]:
    wanted = [one.id for one in base.metrics] if base else [session.parameter("metric")]
    if base is None and len(choices) == 1:
        wanted = list(choices)
    chosen: list[int] = st.multiselect(
        "Metrics",
        list(choices),
        default=[metric_id for metric_id in wanted if metric_id in choices],
        format_func=lambda metric_id: _label(choices[metric_id]),
        placeholder="Which metrics should it improve?",
        key=field.name("metrics"),
    )
    if not chosen:
        field.missing("Choose at least one metric.")
    return chosen


def _label(choice: Choice) -> str:
    return f"{plain.option(choice.name)}{' (critical)' if choice.critical else ''}"


def _choose_name(field: Field, base: ScheduleDetails | None, named: list[str]) -> str | None:
    """The name; empty for a new schedule that is to be named after its metrics; None when refused."""
    name = st.text_input(
        "Name",
        base.name if base else "",
        max_chars=accounts.MAX_NAME,
        placeholder=named[0] if named and base is None else "Weekly improvement",
        help="Left empty, it is named after its metrics." if base is None else None,
        key=field.name("name"),
    )
    if base is None and not name.strip():
        return ""
    try:
        return accounts.clean_name(name, "schedule")
    except PlumblineError as refusal:
        field.wrong(str(refusal))
        return None


def _show_buttons(
    here: Here, field: Field, base: ScheduleDetails | None, page: str, draft: Draft | None
) -> None:
    with st.container(horizontal=True, key=field.name("buttons")):
        pressed = st.button(
            "Create schedule" if base is None else "Save",
            key=field.name("save"),
            type="primary",
            on_click=field.try_to_save,
        )
        if st.button("Cancel", key=field.name("cancel")):
            _leave(page, base.id if base else None)
    if pressed and draft is None:
        st.error("Something is missing above; nothing was saved.", icon=":material/error:")
    elif pressed and draft is not None:
        with session.saying_refusals():
            _save(here, field, base, page, draft)
    if st.session_state.get(field.name("overtaken")):
        st.button("Load the newer version", key=field.name("reload"), on_click=_forget, args=(field.key,))


def _save(here: Here, field: Field, base: ScheduleDetails | None, page: str, draft: Draft) -> None:
    try:
        made = _store(here, base, draft)
    except EditedMeanwhile:
        st.session_state[field.name("overtaken")] = True
        raise
    said.say(page, _saved(here, made) + announce(here, made))
    _leave(page, made.id)


def _saved(here: Here, made: ScheduleView) -> str:
    if made.next_fire_at is None:
        return f"“{made.name}” is saved and still paused: resume it to let it fire."
    details = schedules.schedule_details(here.database, here.actor, made.id)
    at = when(made.next_fire_at, zone_of(details))
    return f"“{made.name}” is saved. Next fire: {at} ({made.timezone}), {utc(made.next_fire_at)}."


def _leave(page: str, schedule_id: int | None) -> None:
    if page == "schedules" and schedule_id is not None:
        session.go(page, schedule=schedule_id)
    session.go(page)
