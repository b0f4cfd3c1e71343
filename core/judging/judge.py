"""Asks the judge about every row, keeps each paid answer when it arrives, and gives verdicts back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from core.errors import AnswerUnreadable, CallFailed, Refused
from core.judging.answer import read_verdict
from core.judging.prompt import judge_request
from core.llm.answer import Answer, PaidAnswerUnreadable
from core.llm.budget import Budget
from core.llm.client import Stop
from core.llm.pool import Circuit, Finished, ask_all
from core.llm.request import Request
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    LabelledRow,
    MetricType,
    TriggerKind,
    Usage,
    Verdict,
    VerdictStatus,
)

T = TypeVar("T")

BATCH = 50
"""Transcripts loaded, and keys looked up, at once: memory stays flat however many rows there are."""
SHOWN_CHARACTERS = 500
"""How much of an unreadable answer is kept for people to see."""


@dataclass(frozen=True, slots=True)
class VerdictKey:
    """What a stored verdict answers. `sample` tells repeated judgements of the same request apart."""

    call_id: int
    request_digest: str
    sample: int = 0


class TranscriptSource(Protocol):
    """Where conversations come from."""

    def load(self, call_ids: Sequence[int]) -> list[Conversation]: ...


class VerdictStore(Protocol):
    """Where paid answers are kept; `save` has committed them when it returns."""

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]: ...

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None: ...


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


@dataclass(frozen=True, slots=True)
class Question:
    """A request about one call, where its answer is kept, and which of the definitions it is of."""

    key: VerdictKey
    request: Request
    of: int = 0


class Judge:
    """Judges rows by one metric's settings.

    `source`, `store` and `progress` are used in the calling thread alone.
    """

    def __init__(
        self,
        *,
        client: Model,
        settings: EvalSettings,
        source: TranscriptSource,
        store: VerdictStore,
        budget: Budget,
        concurrency: int,
        progress: Progress,
        max_output_tokens: int = 1024,
    ) -> None:
        self._client, self._settings = client, settings
        self._source, self._store = source, store
        self._budget, self._concurrency, self._progress = budget, concurrency, progress
        self._max_output_tokens = max_output_tokens
        self._circuit = Circuit()

    def judge(
        self, definition: Definition, rows: Sequence[LabelledRow], sample: int = 0
    ) -> dict[int, Verdict]:
        """A verdict for each row, by review id, in the order of the rows; raises as `judge_each`."""
        return self.judge_each([definition], rows, sample)[0]

    def judge_each(
        self, definitions: Sequence[Definition], rows: Sequence[LabelledRow], sample: int = 0
    ) -> list[dict[int, Verdict]]:
        """The same rows under several definitions, in one stream: no call waits for another definition.

        Answers that the store has are not asked for again. A call without an answer is NOT_JUDGED, and
        not stored. Raises Refused for a metric or trigger that is code, ModelError, Cancelled,
        LeaseLost and BudgetSpent; what was paid until then is in the store.
        """
        for definition in definitions:
            _refuse_code(definition)
        calls = list(dict.fromkeys(row.call_id for row in rows))
        self._progress.expect(len(calls) * len(definitions))
        reads = [
            read_verdict(self._settings, definition.trigger.kind is TriggerKind.PROMPT)
            for definition in definitions
        ]
        found: list[dict[int, Verdict]] = [{} for _ in definitions]

        def ask(question: Question, stop: Stop) -> Answer[Verdict]:
            return self._client.ask(question.request, reads[question.of], self._budget, stop)

        questions = chain.from_iterable(
            self._questions(index, definition, calls, sample, found[index])
            for index, definition in enumerate(definitions)
        )
        with closing(
            ask_all(questions, ask, concurrency=self._concurrency, tick=self._check, circuit=self._circuit)
        ) as groups:
            for group in groups:
                self._keep(group, found)
        return [{row.review_id: verdicts[row.call_id] for row in rows} for verdicts in found]

    def _questions(
        self,
        of: int,
        definition: Definition,
        calls: Sequence[int],
        sample: int,
        found: dict[int, Verdict],
    ) -> Iterator[Question]:
        """The questions still to be asked; what is known already goes to `found`."""
        for batch in _batches(calls, BATCH):
            questions = [self._question(of, definition, call, sample) for call in self._source.load(batch)]
            known = self._store.find([question.key for question in questions])
            settled = {key.call_id: verdict for key, verdict in known.items()}
            settled |= _gone(batch, questions)
            found |= settled
            if settled:
                self._progress.done(len(settled))
            yield from (question for question in questions if question.key not in known)

    def _question(self, of: int, definition: Definition, call: Conversation, sample: int) -> Question:
        request = judge_request(definition, self._settings, call, self._max_output_tokens)
        key = VerdictKey(call.call_id, request.digest(self._client.model), sample)
        return Question(key, request, of)

    def _keep(
        self,
        group: Sequence[Finished[Question, Answer[Verdict]]],
        found: Sequence[dict[int, Verdict]],
    ) -> None:
        """Store what was paid, in one go, before it is used."""
        paid: list[tuple[VerdictKey, Verdict, Usage]] = []
        for finished in group:
            verdict, cost = verdict_of(finished.outcome)
            found[finished.item.of][finished.item.key.call_id] = verdict
            if verdict.status is not VerdictStatus.NOT_JUDGED:
                paid.append((finished.item.key, verdict, cost))
        if paid:
            self._store.save(paid)
        self._progress.done(len(group))

    def _check(self) -> None:
        self._progress.check()
        self._budget.check()


def verdict_of(outcome: Answer[Verdict] | CallFailed | AnswerUnreadable) -> tuple[Verdict, Usage]:
    """The verdict that a finished call amounts to, and what it cost."""
    if isinstance(outcome, Answer):
        return outcome.value, outcome.usage
    if isinstance(outcome, CallFailed):
        return Verdict(VerdictStatus.NOT_JUDGED, cause=str(outcome)), Usage()
    text, cost = (outcome.text, outcome.usage) if isinstance(outcome, PaidAnswerUnreadable) else ("", Usage())
    shown = text[:SHOWN_CHARACTERS]
    return Verdict(VerdictStatus.UNREADABLE, explanation=shown, cause=str(outcome)), cost


def _refuse_code(definition: Definition) -> None:
    if definition.type is MetricType.CUSTOM_CODE:
        raise Refused("This metric is code, and code metrics can't be run yet: make it an LLM judge.")
    if definition.trigger.kind is TriggerKind.CODE:
        raise Refused(
            "This metric's trigger is code, and code metrics can't be run yet: write it as a prompt."
        )


def _gone(asked: Iterable[int], questions: Iterable[Question]) -> Mapping[int, Verdict]:
    """Verdicts of calls that were deleted since the rows were collected."""
    there = {question.key.call_id for question in questions}
    gone = Verdict(VerdictStatus.NOT_JUDGED, cause="The call is no longer there.")
    return {call_id: gone for call_id in asked if call_id not in there}


def _batches(items: Sequence[int], size: int) -> Iterator[list[int]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
