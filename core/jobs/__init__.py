"""One row stands behind everything a worker does; its id is the progress id that people poll."""

from core.jobs.lease import Lease
from core.jobs.statements import (
    MAX_ATTEMPTS,
    Claim,
    add,
    claim,
    defer,
    expire_leases,
    finish,
    hold,
    request_cancel,
    wake_now,
)
from core.jobs.views import JobView, view
from core.jobs.wakes import push_now, push_waiting

__all__ = [
    "MAX_ATTEMPTS",
    "Claim",
    "JobView",
    "Lease",
    "add",
    "claim",
    "defer",
    "expire_leases",
    "finish",
    "hold",
    "push_now",
    "push_waiting",
    "request_cancel",
    "view",
    "wake_now",
]
