"""How often, when and where: the rhythm of a schedule, in plain English and as the next fires."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import streamlit as st

from core import schedules
from core.accounts import ProjectView
from core.cron import MAX_LENGTH, zones
from core.cron.presets import LAST_DAY, LATEST_DAY, Preset, Rhythm, preset_of
from core.errors import BadCron, UnknownZone
from core.schedules import Preview, ScheduleDetails
from core.terms import Fire
from dashboard.components import plain
from dashboard.components.schedule_field import Field
from dashboard.components.schedules_words import CADENCE, CUSTOM, HOW_OFTEN, OFTEN
from dashboard.components.times import away, utc_minute

OFFERED = Preset(Rhythm.WEEKLY, time(9))
DAYS = (*range(1, LATEST_DAY + 1), LAST_DAY)


@dataclass(frozen=True, slots=True)
class ChosenRhythm:
    """A rhythm that fires."""

    cron: str
    timezone: str


def choose_rhythm(field: Field, base: ScheduleDetails | None, project: ProjectView) -> ChosenRhythm | None:
    """None while the expression is refused; why is said below it."""
    preset = preset_of(base.cron) if base else OFFERED
    kind = _choose_kind(field, preset.rhythm.value if preset else CUSTOM)
    wide, narrow = st.columns([1, 1])
    with narrow:
        timezone = _choose_zone(field, base.timezone if base else project.timezone)
    with wide:
        cron = _write(field, base) if kind == CUSTOM else _pick(field, Rhythm(kind), preset or OFFERED)
        try:
            found = schedules.preview(cron, timezone, datetime.now(UTC))
        except (BadCron, UnknownZone) as refusal:
            field.wrong(str(refusal))
            return None
    _show_preview(found, timezone)
    return ChosenRhythm(cron, timezone)


def _choose_kind(field: Field, current: str) -> str:
    with st.container(gap="xxsmall", key=field.name("how-often")):
        kind = st.segmented_control(
            "How often",
            list(HOW_OFTEN),
            default=current,
            format_func=lambda name: HOW_OFTEN[name],
            required=True,
            key=field.name("kind"),
        )
        st.caption(CADENCE[str(kind)])
    return str(kind)


def _pick(field: Field, rhythm: Rhythm, preset: Preset) -> str:
    """Pickers for the day and the time; the expression they stand for."""
    day, at = st.columns([3, 2]) if rhythm is not Rhythm.DAILY else (None, st.container())
    weekday = number = 1
    if day is not None and rhythm is Rhythm.WEEKLY:
        weekday = day.selectbox(
            "Day",
            range(1, 8),
            index=preset.weekday - 1,
            format_func=lambda each: calendar.day_name[each - 1],
            key=field.name("weekday"),
        )
    elif day is not None:
        number = day.selectbox(
            "Day of the month",
            DAYS,
            index=DAYS.index(preset.day),
            format_func=lambda each: "Last day" if each == LAST_DAY else str(each),
            key=field.name("day"),
        )
    clock = at.time_input("Time", preset.at, key=field.name("at"), step=900)
    cron = Preset(rhythm, clock or preset.at, weekday, number).cron
    st.session_state[field.name("picked")] = cron
    return cron


def _write(field: Field, base: ScheduleDetails | None) -> str:
    """An expression by hand; it starts from what was picked before."""
    picked = st.session_state.get(field.name("picked"))
    return str(
        st.text_input(
            "Cron expression",
            picked or (base.cron if base else OFFERED.cron),
            max_chars=MAX_LENGTH,
            live=True,
            help="minute hour day-of-month month day-of-week, for example 0 9 \\* \\* 1-5",
            key=field.name("cron"),
        )
    )


def _choose_zone(field: Field, current: str) -> str:
    """A place of the IANA list; an alias that is stored already stays choosable."""
    names = zones()
    if current not in names:
        names = sorted([*names, current])
    return str(
        st.selectbox(
            "Timezone",
            names,
            index=names.index(current),
            help="Wall-clock time of this place, through every clock change.",
            key=field.name("zone"),
        )
    )


def _show_preview(found: Preview, timezone: str) -> None:
    st.info(f"**{plain.label(found.description)}**", icon=":material/schedule:")
    place = ZoneInfo(timezone)
    st.table(
        {
            f"Next fires, {timezone}": [_local(fire, place) for fire in found.fires],
            "UTC": [utc_minute(fire.at) for fire in found.fires],
            "From now": [away(fire.at) for fire in found.fires],
        },
        border="horizontal",
        hide_index=True,
    )
    for fire in found.fires:
        if fire.note:
            day = f"{fire.at.astimezone(place):%a %-d %b %Y}"
            st.markdown(f":orange[:material/change_circle: **{day}**] {plain.label(fire.note)}")
    if found.often:
        st.markdown(f":orange[:material/info:] {OFTEN}")


def _local(fire: Fire, place: ZoneInfo) -> str:
    return f"{fire.at.astimezone(place):%a %-d %b %Y %H:%M %Z}"
