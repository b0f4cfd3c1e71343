"""A whole metric as one JSON file: out of one project, into another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadDefinition
from core.metrics.definitions import check_model, definition_json, read_definition, read_eval_settings
from core.metrics.settings import MetricSettings
from core.metrics.usecases import MetricDetails
from core.terms import Definition

MOST_BYTES = 1_000_000
UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class MetricFile:
    """What a file says of a metric; the name is empty where it says none."""

    definition: Definition
    rest: MetricSettings


def read_metric_file(content: bytes) -> MetricFile:
    """A metric out of a file's bytes. Raises BadDefinition with one sentence."""
    if len(content) > MOST_BYTES:
        raise BadDefinition("A definition in JSON has at most 1 MB; this file is larger.")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadDefinition("The file is not UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise BadDefinition(f"The file is not valid JSON: {str(error)[:200]}.") from None
    if not isinstance(data, dict):
        raise BadDefinition("The file does not hold a JSON object.")
    return read_metric(data)


def read_metric(data: Mapping[str, Any]) -> MetricFile:
    """A metric out of JSON as `metric_json` writes it. Raises BadDefinition."""
    critical, name = data.get("critical", False), data.get("name") or ""
    if not isinstance(critical, bool):
        raise BadDefinition("The field critical is true or false.")
    if not isinstance(name, str):
        raise BadDefinition("The field name is a text.")
    model = data.get("model")
    if model is not None and not isinstance(model, str):
        raise BadDefinition("The field model is a text, or null for the project's model.")
    rest = MetricSettings(name.strip(), read_eval_settings(data), check_model(model), critical)
    return MetricFile(read_definition(data), rest)


def metric_json(metric: MetricDetails) -> dict[str, Any]:
    """Everything that makes the same metric elsewhere: no ids, labels or history."""
    return {
        "name": metric.name,
        **definition_json(metric.definition),
        "eval_type": metric.settings.eval_type.value,
        "enum_values": list(metric.settings.enum_values),
        "tolerance": metric.settings.tolerance,
        "model": metric.model,
        "critical": metric.critical,
    }


def metric_file(metric: MetricDetails) -> str:
    """The text of the file."""
    return json.dumps(metric_json(metric), ensure_ascii=False, indent=2) + "\n"


def file_name(metric: MetricDetails) -> str:
    """`appointment-confirmed.json`, whatever characters the name has."""
    plain = UNSAFE.sub("-", metric.name).strip("-.").lower()
    return f"{plain[:80] or 'metric'}.json"
