"""What a rewritten definition must pass before a single judge call is spent on it."""

from __future__ import annotations

from core.optimiser.contract import broken
from core.optimiser.copying import Shown
from core.terms import Definition, EvalSettings

GROWTH = 1.3
SPARE_CHARACTERS = 600
"""About 150 tokens: a short prompt may grow by that much whatever its length."""
SHORT_CHARACTERS = 1_800
"""What a short prompt may grow to; from there on the share alone counts."""
MAX_TEXT = 100_000


def max_characters(text: str) -> int:
    """How long a rewrite of this text may be."""
    spare = min(len(text) + SPARE_CHARACTERS, SHORT_CHARACTERS)
    return min(MAX_TEXT, max(int(len(text) * GROWTH), spare))


def objection(before: Definition, after: Definition, settings: EvalSettings, shown: Shown) -> str:
    """Why the rewrite must not be judged, in one clause; empty when it may be.

    `shown` is everything of calls and notes that the writer saw.
    """
    return (
        _unchanged(before, after)
        or broken(before, after, settings)
        or _too_long(before, after)
        or shown.copied(_text(after), _text(before))
    )


def _text(definition: Definition) -> str:
    return f"{definition.description}\n{definition.trigger.text}"


def _unchanged(before: Definition, after: Definition) -> str:
    def bare(definition: Definition) -> tuple[str, ...]:
        texts = (definition.description, definition.trigger.text, definition.type, definition.trigger.kind)
        return tuple(" ".join(text.split()) for text in texts)

    return "it changes nothing" if bare(before) == bare(after) else ""


def _too_long(before: Definition, after: Definition) -> str:
    if len(after.description) > max_characters(before.description):
        return "it is too long"
    return "its trigger is too long" if len(after.trigger.text) > max_characters(before.trigger.text) else ""
