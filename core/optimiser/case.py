"""What the optimiser is given, and the two things it may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from core.llm.request import Request
from core.terms import Candidate, Conversation, Definition, EvalSettings, LabelledRow, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """A definition and the labels it should agree with."""

    definition: Definition
    settings: EvalSettings
    rows: tuple[LabelledRow, ...]

    @property
    def labelled(self) -> tuple[LabelledRow, ...]:
        return tuple(row for row in self.rows if row.labelled)


@dataclass(frozen=True, slots=True)
class Nothing:
    """No candidate, and why, in one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """The best candidate that differs and passed the checks; it may be lower than the live one."""

    candidate: Candidate


class Judging(Protocol):
    """Answers for the same rows under each definition, by review id."""

    def judge_each(
        self, definitions: Sequence[Definition], rows: Sequence[LabelledRow], sample: int = 0
    ) -> list[dict[int, Verdict]]: ...


class Writing(Protocol):
    """The writer: one answer a request, in the order of the requests; None where a call failed."""

    def ask_all(
        self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]
    ) -> list[T | None]: ...


class Transcripts(Protocol):
    """Conversations by call id, loaded in short sessions."""

    def load(self, call_ids: Sequence[int]) -> list[Conversation]: ...


class Staging(Protocol):
    """Where the optimiser says what it is doing."""

    def stage(self, name: str) -> None: ...

    def check(self) -> None: ...
