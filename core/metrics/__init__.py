"""Metrics, their definitions and their versions."""

from core.metrics.call_size import tokens_a_call
from core.metrics.definitions import (
    check_definition,
    definition_json,
    read_definition,
    read_eval_settings,
    read_trigger,
    storable_definition,
)
from core.metrics.facts import known_facts
from core.metrics.files import MetricFile, file_name, metric_file, metric_json, read_metric, read_metric_file
from core.metrics.listing import MetricName, MetricSummary, list_metrics, metric_names, metric_summary
from core.metrics.live import live_json, live_tag
from core.metrics.restoring import VersionView, list_versions, restore, version_definition
from core.metrics.settings import MetricSettings, edit_settings, settings_of
from core.metrics.trying import MOST_CALLS, CallChoice, TriedCall, calls_to_try, try_code
from core.metrics.usecases import MetricDetails, add, edit_definition, find, find_for, retrieve
from core.metrics.versions import (
    live_version,
    make_live,
    model_of,
    refuse_other_version,
    supersede_waiting,
)

__all__ = [
    "MOST_CALLS",
    "CallChoice",
    "MetricDetails",
    "MetricFile",
    "MetricName",
    "MetricSettings",
    "MetricSummary",
    "TriedCall",
    "VersionView",
    "add",
    "calls_to_try",
    "check_definition",
    "definition_json",
    "edit_definition",
    "edit_settings",
    "file_name",
    "find",
    "find_for",
    "known_facts",
    "list_metrics",
    "list_versions",
    "live_json",
    "live_tag",
    "live_version",
    "make_live",
    "metric_file",
    "metric_json",
    "metric_names",
    "metric_summary",
    "model_of",
    "read_definition",
    "read_eval_settings",
    "read_metric",
    "read_metric_file",
    "read_trigger",
    "refuse_other_version",
    "restore",
    "retrieve",
    "settings_of",
    "storable_definition",
    "supersede_waiting",
    "tokens_a_call",
    "try_code",
    "version_definition",
]
