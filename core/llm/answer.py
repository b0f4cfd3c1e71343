"""From the text a model sent to the JSON object that was asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from core.errors import AnswerUnreadable
from core.terms import Usage

T = TypeVar("T")

THINKING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
"""Some models think aloud before they answer, and what they think may hold braces."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a model answered: as it was read, what it cost (with the asking again), and its text."""

    value: T
    usage: Usage
    text: str


class PaidAnswerUnreadable(AnswerUnreadable):
    """The model's answer was still not the JSON that was asked for when it was asked again.

    Carries the last `text` and what both calls cost, since they were paid for.
    """

    def __init__(self, reason: str, text: str, usage: Usage) -> None:
        super().__init__(reason)
        self.text = text
        self.usage = usage


def object_in(text: str) -> dict[str, Any]:
    """The single JSON object in a model's answer, whatever fence or words stand around it.

    From the first brace to the last, so that a part of an answer that was cut off, or one of two
    contradicting objects, is never taken for the whole. Strings in it can be stored anywhere: without
    NUL and without halves of surrogate pairs. Raises AnswerUnreadable.
    """
    body = THINKING.sub("", text)
    start, end = body.find("{"), body.rfind("}")
    if start < 0 or end < start:
        raise AnswerUnreadable("The answer held no JSON object." if text.strip() else "The answer was empty.")
    try:
        found = json.loads(body[start : end + 1], object_pairs_hook=_once_each, parse_constant=_no_number)
        return {storable(key): _storable(value) for key, value in found.items()}
    except (ValueError, RecursionError):
        raise AnswerUnreadable("The answer was not valid JSON.") from None


def storable(text: str) -> str:
    """The text without what a database refuses: NUL and halves of surrogate pairs."""
    if text.isascii():
        return text.replace("\0", "")
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(key): _storable(each) for key, each in value.items()}
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice, so the object contradicts itself")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
