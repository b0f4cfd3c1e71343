"""What the optimiser is given, what it may ask, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from core.llm.request import Request
from core.optimiser.components import Components
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
class Tries:
    """How many definitions were judged on a row, the live one included, and how many were wrong."""

    judged: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """No candidate, and why, in one sentence.

    Attributes:
        tried: by review id, for the rows that proposals were judged on.
        log: what the search did, one sentence a step, for people.
    """

    reason: str
    tried: Mapping[int, Tries] = field(default_factory=dict)
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The best candidate that differs and passed the checks; it may be lower than the live one.

    Attributes:
        tried: by review id, for the rows that proposals were judged on. A row that several definitions
            were judged on and none got right is at the limit of what a prompt can do, or mislabelled.
        log: what the search did, one sentence a step, for people.
        before, after: the components' scores of the live definition and of the candidate on learn and
            choose rows; None where a strategy does not say.
    """

    candidate: Candidate
    tried: Mapping[int, Tries] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    before: Components | None = None
    after: Components | None = None


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
