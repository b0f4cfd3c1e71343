"""What a schedule may do with what it finds, and whom it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core import memberships, runs
from core.schedules import ScheduleDetails
from core.terms import Guard, Notify, Role
from dashboard.components import plain
from dashboard.components.guard_choice import choose_guard
from dashboard.components.links import show_link
from dashboard.components.schedule_field import Field
from dashboard.components.schedules_words import (
    AUTO_APPLY,
    AUTO_APPLY_RISK,
    NEEDS_ADMIN,
    NOTIFY,
    NOTIFY_HELP,
    READ_ONLY,
    READ_ONLY_RISK,
)
from dashboard.session import Here


@dataclass(frozen=True, slots=True)
class Mode:
    """`confirmed` are the names of critical metrics that were typed."""

    auto_apply: bool
    apply_code: bool
    guard: Guard
    confirmed: tuple[str, ...] = ()


def choose_mode(
    here: Here,
    field: Field,
    base: ScheduleDetails | None,
    chosen: Sequence[int],
    critical: Mapping[int, str],
) -> Mode | None:
    """Read-only or auto-apply for the chosen metrics; None while a critical one (name by id) is not
    confirmed."""
    role = memberships.role_of(here.database, here.actor, here.the_project.id)
    may = role is not None and role >= Role.ADMIN
    auto_apply = st.radio(
        "When the new prompt scores at least as well",
        [False, True],
        index=int(base.auto_apply) if base else 0,
        format_func=lambda auto: AUTO_APPLY if auto else READ_ONLY,
        captions=[READ_ONLY_RISK, AUTO_APPLY_RISK],
        disabled=not may,
        key=field.name("auto"),
    )
    if not may:
        st.caption(NEEDS_ADMIN)
    guard = base.guard if base else Guard.STANDARD
    if not auto_apply:
        return Mode(auto_apply=False, apply_code=base.apply_code if base else True, guard=guard)
    guard = choose_guard(guard, _fewest_labels(here, chosen), key=field.name("guard"))
    apply_code = st.checkbox(
        "Also apply code",
        base.apply_code if base else True,
        help="Off: a script that could replace the prompt waits as a proposal.",
        key=field.name("code"),
    )
    confirmed = [name for metric_id, name in critical.items() if _confirm(field, metric_id, name)]
    return Mode(True, apply_code, guard, tuple(confirmed)) if len(confirmed) == len(critical) else None


def _fewest_labels(here: Here, chosen: Sequence[int]) -> int | None:
    found = runs.estimated_calls(here.database, here.actor, chosen)
    return min((one.labelled for one in found), default=None)


def _confirm(field: Field, metric_id: int, name: str) -> bool:
    typed = st.text_input(
        f"“{plain.short(name)}” is critical: type its name to let this schedule overwrite it",
        key=field.name(f"confirm-{metric_id}"),
        live=True,
    )
    if typed.strip() == name:
        return True
    if typed.strip():
        field.wrong("That is not its name.")
    else:
        field.missing("Type the metric's name, or choose read-only.")
    return False


def choose_notify(here: Here, field: Field, base: ScheduleDetails | None) -> Notify:
    with st.container(gap="xxsmall", key=field.name("told")):
        chosen = st.segmented_control(
            "Send the summary email on",
            list(NOTIFY),
            default=base.notify if base else Notify.BOTH,
            format_func=lambda notify: NOTIFY[notify],
            help=NOTIFY_HELP,
            required=True,
            key=field.name("notify"),
        )
        _show_recipients(here)
    return Notify(str(chosen))


def _show_recipients(here: Here) -> None:
    members = memberships.members_of(here.database, here.actor, here.the_project.id)
    told = [member for member in members if member.notified]
    if not told:
        st.caption(":orange[:material/warning:] No member has email notifications on.")
        show_link("settings", "Turn them on under Members", icon="group", section="members")
        return
    people = "one member" if len(told) == 1 else f"{len(told)} members"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(f"Goes to the {people} with email notifications on.", width="content")
        show_link("settings", "Members", section="members")
