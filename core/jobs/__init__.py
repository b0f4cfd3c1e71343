"""One row stands behind everything a worker does; its id is the progress id that people poll."""

from core.jobs.caps import set_monthly_caps
from core.jobs.lease import Lease
from core.jobs.month import Month, month_of, note_spent, refuse_spent_month
from core.jobs.statements import (
    MAX_ATTEMPTS,
    Attempts,
    Claim,
    add,
    add_all,
    claim,
    defer,
    expire_leases,
    finish,
    hold,
    request_cancel,
    wake_now,
)
from core.jobs.views import JobView, seconds_left, view, view_of
from core.jobs.wakes import forget_wakes, push_now, push_waiting

__all__ = [
    "MAX_ATTEMPTS",
    "Attempts",
    "Claim",
    "JobView",
    "Lease",
    "Month",
    "add",
    "add_all",
    "claim",
    "defer",
    "expire_leases",
    "finish",
    "forget_wakes",
    "hold",
    "month_of",
    "note_spent",
    "push_now",
    "push_waiting",
    "refuse_spent_month",
    "request_cancel",
    "seconds_left",
    "set_monthly_caps",
    "view",
    "view_of",
    "wake_now",
]
