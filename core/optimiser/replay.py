"""A search done over from stored answers: nobody is asked, so nothing is paid and nothing can differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from core.errors import AnswerUnreadable, PlumblineError
from core.llm.faults import RequestTooLong
from core.llm.request import Request
from core.optimiser.case import Case, Found, Judging, Nothing, Transcripts, Writing
from core.optimiser.engine import everything_agrees, optimise
from core.optimiser.split import split
from core.optimiser.strategies import OWN
from core.terms import Verdict


class NotRecorded(RequestTooLong):
    """There is no stored answer to this question; the row counts as not judged, as it did in the run.

    Like a request that is too long it says nothing about an endpoint, so it ends no run.
    """


class Absent:
    """The model of a replay: whatever is asked of it was not stored, because it was never answered."""

    def __init__(self, model: str, error: Callable[[str], PlumblineError]) -> None:
        self.model = model
        self._error = error

    @classmethod
    def judge(cls, model: str) -> Absent:
        return cls(model, NotRecorded)

    @classmethod
    def writer(cls, model: str) -> Absent:
        return cls(model, AnswerUnreadable)

    def ask(self, request: Request, *_: object) -> NoReturn:
        raise self._error(f"There is no stored answer to this {request.name} request.")


class Unwatched:
    """The progress of a replay."""

    def stage(self, name: str) -> None: ...

    def expect(self, calls: int) -> None: ...

    def done(self, calls: int) -> None: ...

    def check(self) -> None: ...


def replayed(
    case: Case,
    judge: Judging,
    writer: Writing,
    transcripts: Transcripts,
    options: Mapping[str, Any],
) -> Found | Nothing:
    """What the search comes to with these answers; `options` are the run's (`strategy`, `seed`)."""
    baseline: Mapping[int, Verdict] = judge.judge_each([case.definition], case.labelled)[0]
    if everything_agrees(case, baseline):
        return Nothing("Every label agrees already.")
    return optimise(
        case,
        split(case.rows),
        baseline,
        judge,
        writer,
        transcripts,
        Unwatched(),
        seed=int(options.get("seed", 0)),
        strategy=str(options.get("strategy", OWN)),
    )
