"""Change some fields of a schedule and keep the rest: for clients that name only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.db import Database
from core.errors import BadSchedule
from core.models import Schedule
from core.runs import RunOptions
from core.schedules.access import mine
from core.schedules.editing import Edit, save
from core.schedules.firing import run_options
from core.schedules.rules import metric_ids
from core.schedules.usecases import refuse_small_budget, set_going, set_paused
from core.schedules.views import ScheduleView, view
from core.terms import Actor, Guard, Notify


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """Fields to change; None leaves one as it is. A budget of 0 takes it away; `enabled` False pauses."""

    metrics: Sequence[int] | None = None
    cron: str | None = None
    timezone: str | None = None
    name: str | None = None
    auto_apply: bool | None = None
    apply_code: bool | None = None
    guard: Guard | None = None
    notify: Notify | None = None
    max_calls: int | None = None
    max_cost: float | None = None
    enabled: bool | None = None

    @property
    def edits(self) -> bool:
        """Whether it changes more than whether the schedule is paused."""
        return replace(self, enabled=None) != ScheduleChange()

    def options_on(self, old: RunOptions) -> RunOptions:
        return replace(
            old,
            auto_apply=old.auto_apply if self.auto_apply is None else self.auto_apply,
            apply_code=old.apply_code if self.apply_code is None else self.apply_code,
            guard=self.guard or old.guard,
            notify=self.notify or old.notify,
            max_calls=old.max_calls if self.max_calls is None else self.max_calls or None,
            max_cost=old.max_cost if self.max_cost is None else self.max_cost or None,
        )


def change(
    database: Database,
    actor: Actor,
    schedule_id: int,
    wanted: ScheduleChange,
    *,
    confirmed_critical: Sequence[str] = (),
) -> ScheduleView:
    """Change a schedule, and pause or resume it, all in one step or not at all.

    Raises as `update` and `resume`, and BadSchedule where nothing is to be changed.
    """
    if wanted == ScheduleChange():
        raise BadSchedule(
            "Say what to change: metrics, cron, timezone, name, an option, a budget or enabled."
        )
    with database.write() as session:
        schedule = mine(session, actor, schedule_id)
        if wanted.edits:
            options = wanted.options_on(run_options(schedule))
            refuse_small_budget(options)
            kept = metric_ids(session, schedule.id)
            save(session, actor, schedule, _edit(schedule, wanted, options, kept, confirmed_critical))
        if wanted.enabled is False and schedule.enabled:
            set_paused(session, actor, schedule)
        if wanted.enabled and not schedule.enabled:
            set_going(session, actor, schedule)
        session.flush()
        return view(session, schedule)


def _edit(
    schedule: Schedule,
    wanted: ScheduleChange,
    options: RunOptions,
    kept: Sequence[int],
    confirmed_critical: Sequence[str],
) -> Edit:
    return Edit(
        name=schedule.name if wanted.name is None else wanted.name,
        metrics=kept if wanted.metrics is None else wanted.metrics,
        cron=schedule.cron if wanted.cron is None else wanted.cron,
        timezone=schedule.timezone if wanted.timezone is None else wanted.timezone,
        options=options,
        confirmed_critical=confirmed_critical,
    )
