"""The tables. The database is the truth; Redis only carries wake-ups.

*Once* is a UNIQUE constraint, *mine* is a conditional UPDATE. Values of labels and verdicts are
canonical text (`core.judging.values`); where a column of values is NULL, its neighbour says why.
"""

from __future__ import annotations

from core.models.answers import StoredAnswer, StoredVerdict
from core.models.audit import APPEND_ONLY, AuditEvent
from core.models.jobs import Job, ProcessBeat
from core.models.lab import Call, CallImport, CallImportPiece, LabelChange, MetricReview
from core.models.messages import Delivery, Notification, Webhook
from core.models.metrics import Metric, MetricVersion
from core.models.people import ApiToken, Membership, OneTimeLink, SignInFailure, SignInSession, User
from core.models.projects import ModelEndpoint, Project, Setting
from core.models.runs import Proposal, Result, RowResult, Run
from core.models.schedules import FireRecord, Schedule, ScheduleMetric
from core.models.trials import Trial, TrialRow

__all__ = [
    "APPEND_ONLY",
    "ApiToken",
    "AuditEvent",
    "Call",
    "CallImport",
    "CallImportPiece",
    "Delivery",
    "FireRecord",
    "Job",
    "LabelChange",
    "Membership",
    "Metric",
    "MetricReview",
    "MetricVersion",
    "ModelEndpoint",
    "Notification",
    "OneTimeLink",
    "ProcessBeat",
    "Project",
    "Proposal",
    "Result",
    "RowResult",
    "Run",
    "Schedule",
    "ScheduleMetric",
    "Setting",
    "SignInFailure",
    "SignInSession",
    "StoredAnswer",
    "StoredVerdict",
    "Trial",
    "TrialRow",
    "User",
    "Webhook",
]
