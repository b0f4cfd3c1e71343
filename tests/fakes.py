"""A judge, a writer and transcripts that answer from what a test gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.llm.request import Request
from core.terms import Conversation, Definition, LabelledRow, Message, Verdict, VerdictStatus

T = TypeVar("T")


def answered(value: str) -> Verdict:
    return Verdict(VerdictStatus.ANSWERED, value, "because")


@dataclass
class FakeJudge:
    """Answers by a rule, and remembers what it was asked."""

    rule: Callable[[Definition, LabelledRow], str]
    asked: list[tuple[Definition, tuple[int, ...]]] = field(default_factory=list)

    def judge_each(
        self, definitions: Sequence[Definition], rows: Sequence[LabelledRow], sample: int = 0
    ) -> list[dict[int, Verdict]]:
        ids = tuple(row.review_id for row in rows)
        self.asked += [(definition, ids) for definition in definitions]
        return [
            {row.review_id: answered(self.rule(definition, row)) for row in rows}
            for definition in definitions
        ]


@dataclass
class FakeWriter:
    """Gives the answers of a script by the name of the request; None stands for a failed call."""

    answers: Mapping[str, list[Mapping[str, Any] | None]]
    requests: list[Request] = field(default_factory=list)

    def ask_all(self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]) -> list[T | None]:
        found: list[T | None] = []
        for index, request in enumerate(requests):
            self.requests.append(request)
            script = self.answers.get(request.name, [None])
            answer = script[index % len(script)]
            found.append(None if answer is None else read(answer))
        return found


class FakeTranscripts:
    """Every call says its own number."""

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [
            Conversation(call_id, (Message("user", f"this is call number {call_id}"),))
            for call_id in call_ids
        ]


class Stages:
    """The progress of a test: the names of the stages."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def stage(self, name: str) -> None:
        self.names.append(name)

    def check(self) -> None: ...
