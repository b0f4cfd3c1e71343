"""Metrics, their definitions and their versions."""

from core.metrics.definitions import (
    check_definition,
    definition_json,
    read_definition,
    read_eval_settings,
    read_trigger,
)
from core.metrics.usecases import MetricDetails, add, edit_definition, find, retrieve
from core.metrics.versions import (
    live_version,
    make_live,
    model_of,
    supersede_waiting,
)

__all__ = [
    "MetricDetails",
    "add",
    "check_definition",
    "definition_json",
    "edit_definition",
    "find",
    "live_version",
    "make_live",
    "model_of",
    "read_definition",
    "read_eval_settings",
    "read_trigger",
    "retrieve",
    "supersede_waiting",
]
