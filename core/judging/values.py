"""Canonical values: one text for each answer, so that labels and verdicts compare as they are.

Binary is `true` or `false`; enum one of its values as spelled in the metric; rating and numeric a
decimal number without needless zeros; and `N/A` everywhere for “does not apply”.
"""

from __future__ import annotations

import math
from typing import Any

from core.errors import BadLabel
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType

TRUE_WORDS = frozenset({"true", "yes", "pass", "passed", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "no", "fail", "failed", "0", "0.0"})
NOT_APPLICABLE_WORDS = frozenset({"n/a", "na", "not applicable"})
MAX_RATING = 5


def canonical(value: Any, settings: EvalSettings) -> str:
    """The canonical text of a label or of a judge's answer; None is N/A.

    Raises BadLabel when the value is not one this metric can have.
    """
    if value is None:
        return NOT_APPLICABLE
    text = ("true" if value else "false") if isinstance(value, bool) else str(value).strip()
    if settings.eval_type is EvalType.ENUM:
        return _enum(text, settings.enum_values)
    if text.lower() in NOT_APPLICABLE_WORDS:
        return NOT_APPLICABLE
    if settings.eval_type is EvalType.BINARY:
        return _binary(text)
    return _number(text, settings.eval_type)


def agrees(expected: str, actual: str, settings: EvalSettings) -> bool:
    """Whether two canonical values agree; numbers within the metric's tolerance."""
    if expected == actual:
        return True
    if NOT_APPLICABLE in (expected, actual):
        return False
    if settings.eval_type in (EvalType.RATING, EvalType.NUMERIC):
        return abs(float(expected) - float(actual)) <= settings.tolerance + 1e-9
    return False


def plain_value(value: str, settings: EvalSettings) -> bool | int | float | str | None:
    """A canonical value as a script has it: True or False, a number, a text, or None for N/A."""
    if value == NOT_APPLICABLE:
        return None
    if settings.eval_type is EvalType.BINARY:
        return value == "true"
    if settings.eval_type is EvalType.ENUM:
        return value
    number = float(value)
    return int(number) if number == int(number) else number


def possible_values(settings: EvalSettings) -> tuple[str, ...]:
    """The values a judge may answer where the metric applies; empty where any number may be."""
    if settings.eval_type is EvalType.BINARY:
        return ("true", "false")
    if settings.eval_type is EvalType.ENUM:
        return settings.enum_values
    return ()


def _binary(text: str) -> str:
    if text.lower() in TRUE_WORDS:
        return "true"
    if text.lower() in FALSE_WORDS:
        return "false"
    raise BadLabel(f"“{text[:80]}” is neither true nor false (nor N/A).")


def _enum(text: str, values: tuple[str, ...]) -> str:
    for known in values:
        if text.casefold() == known.casefold():
            return known
    if text.lower() in NOT_APPLICABLE_WORDS:
        return NOT_APPLICABLE
    raise BadLabel(f"“{text[:80]}” is not one of: {', '.join(values)} (nor N/A).")


def _number(text: str, eval_type: EvalType) -> str:
    try:
        number = float(text)
    except ValueError:
        raise BadLabel(f"“{text[:80]}” is not a number (nor N/A).") from None
    if not math.isfinite(number):
        raise BadLabel(f"“{text[:80]}” is not a finite number.")
    if eval_type is EvalType.RATING and not 0 <= number <= MAX_RATING:
        raise BadLabel(f"“{text[:80]}” is not a rating from 0 to {MAX_RATING}.")
    return str(int(number)) if number == int(number) else repr(number)
