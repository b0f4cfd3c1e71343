"""What a judge is given: where calls come from, where answers are kept, who is told, who is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from core.judging.call_data import GivenVerdict
from core.llm.answer import Answer
from core.llm.budget import Budget
from core.llm.client import Stop
from core.llm.request import Request
from core.terms import Conversation, Usage, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VerdictKey:
    """What a stored verdict answers. `sample` tells repeated judgements of the same request apart."""

    call_id: int
    request_digest: str
    sample: int = 0


class TranscriptSource(Protocol):
    """Where conversations come from."""

    def load(self, call_ids: Sequence[int]) -> list[Conversation]: ...


class OtherVerdicts(Protocol):
    """What the other metrics of the project say of calls; read for definitions that hold code alone."""

    def of(self, call_ids: Sequence[int]) -> Mapping[int, Mapping[str, GivenVerdict]]:
        """By call id, then by the metric's name; a call that no other metric judged may be left out."""


class NoOtherVerdicts:
    """The metric stands alone."""

    def of(self, call_ids: Sequence[int]) -> Mapping[int, Mapping[str, GivenVerdict]]:
        return {}


class VerdictStore(Protocol):
    """Where paid answers are kept; `save` has committed them when it returns."""

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]: ...

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None: ...


Settled = Callable[[Mapping[int, Verdict]], None]
"""Told of verdicts, by call id, once and as soon as what was paid for them is stored."""


def nobody_waits(verdicts: Mapping[int, Verdict]) -> None:
    """For whoever wants the verdicts at the end, all together."""


class Progress(Protocol):
    """Who is told how far a job is, and who says whether it should go on."""

    def stage(self, name: str) -> None:
        """What the job does now, in words for people."""

    def expect(self, calls: int) -> None:
        """That many more calls are expected than before."""

    def done(self, calls: int) -> None:
        """That many of the expected calls are done."""

    def check(self) -> None:
        """Raises Cancelled or LeaseLost when the job must stop; called often."""


class SilentProgress:
    """The progress of something that nobody watches or stops."""

    def stage(self, name: str) -> None: ...

    def expect(self, calls: int) -> None: ...

    def done(self, calls: int) -> None: ...

    def check(self) -> None: ...


class Model(Protocol):
    """What a judge needs of a `ModelClient`."""

    model: str

    def ask(
        self, request: Request, read: Callable[[dict[str, Any]], T], budget: Budget, stop: Stop = ...
    ) -> Answer[T]: ...
