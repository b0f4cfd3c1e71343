"""What the products' turns have in common, on their way into the shape of OpenAI's chat API."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def turn(role: Any, content: Any, start: float | None = None, end: float | None = None) -> dict[str, Any]:
    """One message; what is neither text nor a list of parts is written out as JSON."""
    made = {"role": role, "content": content if isinstance(content, list) else written(content)}
    return made | {name: at for name, at in (("start_time", start), ("end_time", end)) if at is not None}


def asking(role: str, calls: Any, said: Any = "", start: float | None = None) -> dict[str, Any]:
    """A message that asks for tools: `calls` as the product lists them."""
    return turn(role, said, start) | {"tool_calls": calls}


def written(value: Any) -> str:
    """A text as it is, nothing as nothing, all else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def seconds(value: Any, unit: float = 1.0) -> float | None:
    """A time from the call's beginning, given in so many seconds; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    found = float(value) * unit if abs(value) < 1e12 else math.nan
    return round(found, 3) if 0 <= found < math.inf else None


def kept(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the names that say something."""
    return {name: values[name] for name in names if values.get(name) not in (None, "", [], {})}


def listed(value: Any) -> list[Any]:
    """The list, or none where it is no list."""
    return value if isinstance(value, list) else []


def named(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one where it is none."""
    return value if isinstance(value, dict) else {}
