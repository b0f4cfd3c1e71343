"""Metrics, their definitions and their versions."""

from core.metrics.definitions import (
    check_definition,
    definition_json,
    read_definition,
    read_eval_settings,
    read_trigger,
)
from core.metrics.listing import MetricSummary, list_metrics, metric_summary
from core.metrics.restoring import VersionView, list_versions, restore, version_definition
from core.metrics.trying import CallChoice, TriedCall, calls_to_try, try_code
from core.metrics.usecases import MetricDetails, add, edit_definition, find, retrieve
from core.metrics.versions import (
    live_version,
    make_live,
    model_of,
    supersede_waiting,
)

__all__ = [
    "CallChoice",
    "MetricDetails",
    "MetricSummary",
    "TriedCall",
    "VersionView",
    "add",
    "calls_to_try",
    "check_definition",
    "definition_json",
    "edit_definition",
    "find",
    "list_metrics",
    "list_versions",
    "live_version",
    "make_live",
    "metric_summary",
    "model_of",
    "read_definition",
    "read_eval_settings",
    "read_trigger",
    "restore",
    "retrieve",
    "supersede_waiting",
    "try_code",
    "version_definition",
]
