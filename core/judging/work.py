"""What a judge has in hand: its open questions, and how far each definition is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.judging.course import Course
from core.judging.ports import VerdictKey
from core.judging.question import Wanted
from core.terms import Verdict, VerdictStatus


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one call, where its answer is kept, and which of the definitions it is of."""

    key: VerdictKey
    wanted: Wanted
    of: int = 0


class Work:
    """One definition on its way over the calls.

    Attributes:
        found: verdicts by call id.
        answers: by call id, what was answered of calls that have no verdict yet, by request digest.
        left: calls that are to be taken up, in order.
    """

    def __init__(self, course: Course, calls: Sequence[int]) -> None:
        self.course = course
        self.found: dict[int, Verdict] = {}
        self.answers: dict[int, dict[str, Verdict]] = {}
        self.left = list(calls)
        self._fresh: dict[int, Verdict] = {}

    def settle(self, call_id: int, verdict: Verdict) -> None:
        self.found[call_id] = self._fresh[call_id] = verdict
        self.answers.pop(call_id, None)

    def learn(self, key: VerdictKey, verdict: Verdict, final: bool) -> None:
        """Take an answer: a verdict by itself, or what the course goes on with."""
        if final or verdict.status is VerdictStatus.NOT_JUDGED:
            self.settle(key.call_id, verdict)
        else:
            self.answers.setdefault(key.call_id, {})[key.request_digest] = verdict

    def take_fresh(self) -> dict[int, Verdict]:
        """The verdicts that were found since the last time, by call id."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def next_round(self) -> None:
        self.left = list(self.answers)
