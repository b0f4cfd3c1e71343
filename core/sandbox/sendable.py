"""Values as the sandbox takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 50
"""Levels of lists and dicts; what stands deeper is left out."""


def sendable(value: Any, depth: int = 0) -> Any:
    """The value of plain types alone, with texts that have a UTF-8 form; others become their text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return text_sendable(value)
    if depth == DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {text_sendable(str(key)): sendable(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [sendable(each, depth + 1) for each in value]
    return text_sendable(str(value))


def text_sendable(text: str) -> str:
    """The text, with a question mark for each half of a surrogate pair."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
