"""JSON of unknown origin, made into what every database can store."""

from __future__ import annotations

import json
import math
from typing import Any

from core.lab.problems import BadRow
from core.storable import storable_text

MAX_DEPTH = 64
"""Deeper nesting is no transcript; it would exhaust the stack where the value is written out again."""


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises BadRow saying where it breaks."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise BadRow(f"It is not valid JSON ({error.msg} at {where}character {error.colno}).") from None
    except RecursionError:
        raise BadRow("Its JSON is nested too deeply.") from None
    except ValueError:
        raise BadRow("It holds a number with thousands of digits.") from None


def storable(value: Any, depth: int = 0) -> Any:
    """A JSON value whose texts any database takes. Raises BadRow for what has no such form."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, (dict, list)):
        if depth >= MAX_DEPTH:
            raise BadRow(f"Its JSON is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(value, list):
            return [storable(part, depth + 1) for part in value]
        return {storable_text(name): storable(part, depth + 1) for name, part in value.items()}
    if isinstance(value, float) and math.isnan(value):
        raise BadRow("It holds NaN, which is no JSON value; write null or leave the key out.")
    if isinstance(value, float) and math.isinf(value):
        raise BadRow("It holds a number that is too large to be stored.")
    return value


def _no_number(name: str) -> Any:
    raise BadRow(f"It is not valid JSON: {name} is no JSON value; write null or leave the key out.")
