"""Schedules: when the optimiser runs by itself."""

from core.schedules.archiving import archive
from core.schedules.changing import ScheduleChange, change
from core.schedules.details import (
    ScheduleDetails,
    ScheduledMetric,
    ScheduleFilter,
    SchedulePage,
    page_of_schedules,
    schedule_details,
)
from core.schedules.editing import duplicate, update
from core.schedules.fires_view import FireKind, FiresPage, PastFire, fires
from core.schedules.firing import Fired, due_schedules, fire, fire_all, next_fires_of_all
from core.schedules.idle import IdlePage, IdleSchedule, idle_schedules
from core.schedules.preview import Preview, preview
from core.schedules.usecases import add, delete, pause, resume, run_now
from core.schedules.views import NextToFire, ScheduleView, list_schedules, next_to_fire

__all__ = [
    "FireKind",
    "Fired",
    "FiresPage",
    "IdlePage",
    "IdleSchedule",
    "NextToFire",
    "PastFire",
    "Preview",
    "ScheduleChange",
    "ScheduleDetails",
    "ScheduleFilter",
    "SchedulePage",
    "ScheduleView",
    "ScheduledMetric",
    "add",
    "archive",
    "change",
    "delete",
    "due_schedules",
    "duplicate",
    "fire",
    "fire_all",
    "fires",
    "idle_schedules",
    "list_schedules",
    "next_fires_of_all",
    "next_to_fire",
    "page_of_schedules",
    "pause",
    "preview",
    "resume",
    "run_now",
    "schedule_details",
    "update",
]
