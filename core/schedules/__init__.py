"""Schedules: when the optimiser runs by itself."""

from core.schedules.archiving import archive
from core.schedules.firing import Fired, due_schedules, fire, next_fires_of_all
from core.schedules.usecases import add, delete, pause, resume, run_now
from core.schedules.views import ScheduleView, list_schedules

__all__ = [
    "Fired",
    "ScheduleView",
    "add",
    "archive",
    "delete",
    "due_schedules",
    "fire",
    "list_schedules",
    "next_fires_of_all",
    "pause",
    "resume",
    "run_now",
]
