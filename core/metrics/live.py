"""What production reads of a metric: all that its judge depends on, and a tag that changes with any of it."""

from __future__ import annotations

from typing import Any

from core.metrics.usecases import MetricDetails
from core.terms import digest

OF_THE_DASHBOARD = frozenset({"project_id", "critical", "waiting_proposal"})
"""What a judge has no use for."""


def live_json(metric: MetricDetails) -> dict[str, Any]:
    """The live definition with the settings and the model that it is judged by."""
    return {key: value for key, value in metric.as_json().items() if key not in OF_THE_DASHBOARD}


def live_tag(metric: MetricDetails) -> str:
    """The ETag of just that. The version alone would not do: settings and model change without a new one."""
    return f'"{metric.version}-{digest(live_json(metric))[:32]}"'
