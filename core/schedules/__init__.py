"""Schedules: when the optimiser runs by itself."""

from core.schedules.archiving import archive
from core.schedules.details import ScheduleDetails, ScheduledMetric, schedule_details, schedules_of
from core.schedules.editing import duplicate, update
from core.schedules.fires_view import FireKind, FiresPage, PastFire, fires
from core.schedules.firing import Fired, due_schedules, fire, next_fires_of_all
from core.schedules.preview import Preview, preview
from core.schedules.usecases import add, delete, pause, resume, run_now
from core.schedules.views import ScheduleView, list_schedules

__all__ = [
    "FireKind",
    "Fired",
    "FiresPage",
    "PastFire",
    "Preview",
    "ScheduleDetails",
    "ScheduleView",
    "ScheduledMetric",
    "add",
    "archive",
    "delete",
    "due_schedules",
    "duplicate",
    "fire",
    "fires",
    "list_schedules",
    "next_fires_of_all",
    "pause",
    "preview",
    "resume",
    "run_now",
    "schedule_details",
    "schedules_of",
    "update",
]
