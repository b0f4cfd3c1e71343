"""A question of the judge about one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.llm.request import Request
from core.terms import Verdict

Verdicts = Mapping[str, Verdict]
"""What is known of one call, by the digest of the request that it answers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be asked before more can be said of a call.

    Attributes:
        read: what reads the answer; raises AnswerUnreadable.
        final: whether the answer is the metric's verdict.
        by_script: whether a script asks, so that nobody could know of the call before.
        about: what a script asks, in its own words.
    """

    request: Request
    read: Callable[[Mapping[str, Any]], Verdict]
    final: bool = True
    by_script: bool = False
    about: str = ""
