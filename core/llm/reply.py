"""What an endpoint sent for one call, before anybody has read the answer in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard, TypeVar

from core.errors import AnswerUnreadable
from core.llm.answer import object_in
from core.terms import Usage

T = TypeVar("T")
REFUSED_REASONS = frozenset({"content_filter"})


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of one chat completion. `usage` is None where the endpoint did not say."""

    text: str
    usage: Usage | None = None
    cut_off: bool = False
    refused: bool = False

    def read(self, read: Callable[[dict[str, Any]], T]) -> T:
        """The answer in it. Raises AnswerUnreadable."""
        if self.refused:
            raise AnswerUnreadable("The model refused to answer.")
        if self.cut_off:
            raise AnswerUnreadable("The answer was cut off at the limit of output tokens.")
        return read(object_in(self.text))


def reply_in(body: bytes) -> Reply | None:
    """The reply in the body of a chat completion; None if it is none."""
    try:
        found = json.loads(body)
        choice = found["choices"][0]
        message = choice["message"]
        text = message.get("content") or ""
        refusal = message.get("refusal")
        finish = choice.get("finish_reason")
    except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
        return None
    return Reply(
        text=text if isinstance(text, str) else json.dumps(text),
        usage=_usage(found.get("usage")),
        cut_off=finish == "length",
        refused=bool(refusal) or finish in REFUSED_REASONS,
    )


def _usage(said: Any) -> Usage | None:
    if not isinstance(said, Mapping):
        return None
    read, written = said.get("prompt_tokens"), said.get("completion_tokens")
    if not (_is_count(read) and _is_count(written)):
        return None
    return Usage(1, read, written)


def _is_count(number: Any) -> TypeGuard[int]:
    return isinstance(number, int) and number >= 0
