"""Asks the judge about every row, keeps each paid answer when it arrives, and gives verdicts back.

Where a definition holds code, its scripts run here, in the calling thread, between the answers; a script
that needs an answer is taken up again in a further round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain, islice

from core.errors import AnswerUnreadable, CallFailed
from core.judging.call_data import NO_VERDICTS, GivenVerdict
from core.judging.course import Course, planned_calls
from core.judging.ports import (
    Model,
    NoOtherVerdicts,
    OtherVerdicts,
    Progress,
    Settled,
    SilentProgress,
    TranscriptSource,
    VerdictKey,
    VerdictStore,
    nobody_waits,
)
from core.judging.work import Question, Work
from core.llm.answer import Answer, PaidAnswerUnreadable
from core.llm.budget import Budget
from core.llm.client import Stop
from core.llm.pool import Circuit, Finished, ask_all
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    LabelledRow,
    MetricType,
    Usage,
    Verdict,
    VerdictStatus,
)

__all__ = [
    "BATCH",
    "Judge",
    "Model",
    "OtherVerdicts",
    "Progress",
    "SilentProgress",
    "TranscriptSource",
    "VerdictKey",
    "VerdictStore",
    "verdict_of",
]

BATCH = 50
"""Transcripts loaded, and keys looked up, at once: memory stays flat however many rows there are."""
SHOWN_CHARACTERS = 500
"""How much of an unreadable answer is kept for people to see."""
GONE = Verdict(VerdictStatus.NOT_JUDGED, cause="The call is no longer there.")
"""The verdict on a call that was deleted since the rows were collected."""
ALONE = NoOtherVerdicts()


class Judge:
    """Judges rows by one metric's settings.

    `source`, `store`, `others` and `progress` are used in the calling thread alone.
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
        others: OtherVerdicts = ALONE,
    ) -> None:
        self._client, self._settings = client, settings
        self._source, self._store = source, store
        self._budget, self._concurrency, self._progress = budget, concurrency, progress
        self._max_output_tokens = max_output_tokens
        self._others, self._circuit = others, Circuit()

    def judge(
        self,
        definition: Definition,
        rows: Sequence[LabelledRow],
        sample: int = 0,
        settled: Settled = nobody_waits,
    ) -> dict[int, Verdict]:
        """A verdict for each row, by review id, in the order of the rows; raises as `judge_each`.

        `settled` is told of verdicts while the others are still asked for.
        """
        return self.judge_each([definition], rows, sample, settled)[0]

    def judge_each(
        self,
        definitions: Sequence[Definition],
        rows: Sequence[LabelledRow],
        sample: int = 0,
        settled: Settled = nobody_waits,
    ) -> list[dict[int, Verdict]]:
        """The same rows under several definitions, in one stream: no call waits for another definition.

        Answers that the store has are not asked for again. A call without an answer is NOT_JUDGED, and
        not stored; what a script answers without a model call costs nothing and is not stored either.
        Raises ModelError, Cancelled, LeaseLost and BudgetSpent; what was paid until then is in the store.
        """
        calls = list(dict.fromkeys(row.call_id for row in rows))
        self._progress.expect(len(calls) * sum(map(planned_calls, definitions)))
        works = [Work(self._course(definition), calls) for definition in definitions]
        while any(work.left for work in works):
            self._round(works, sample, settled)
            for work in works:
                work.next_round()
        return [{row.review_id: work.found[row.call_id] for row in rows} for work in works]

    def _course(self, definition: Definition) -> Course:
        return Course(definition, self._settings, self._client.model, self._max_output_tokens)

    def _round(self, works: Sequence[Work], sample: int, settled: Settled) -> None:
        """Take every call that is left as far as its next answer."""

        def ask(question: Question, stop: Stop) -> Answer[Verdict]:
            return self._client.ask(question.wanted.request, question.wanted.read, self._budget, stop)

        questions = chain.from_iterable(self._questions(of, work, sample) for of, work in enumerate(works))
        with closing(
            ask_all(questions, ask, concurrency=self._concurrency, tick=self._check, circuit=self._circuit)
        ) as groups:
            for group in groups:
                self._keep(group, works)
                _tell(works, settled)
        _tell(works, settled)

    def _questions(self, of: int, work: Work, sample: int) -> Iterator[Question]:
        """The questions to be asked now; what is known without asking goes to `work`."""
        for batch in _batches(work.left, BATCH):
            found = {call.call_id: call for call in self._source.load(batch)}
            others = self._others.of(batch) if work.course.has_code else {}
            for call_id in batch:
                if call_id not in found:
                    work.settle(call_id, GONE)
                    self._progress.done(planned_calls(work.course.definition))
            yield from self._open(of, work, found, others, sample)

    def _open(
        self,
        of: int,
        work: Work,
        calls: Mapping[int, Conversation],
        others: Mapping[int, Mapping[str, GivenVerdict]],
        sample: int,
    ) -> list[Question]:
        """What must be asked about these calls, once the store has given all that it has."""
        asked: list[Question] = []
        going = list(calls)
        while going:
            questions = [
                question
                for call_id in going
                if (
                    question := self._take(of, work, calls[call_id], others.get(call_id, NO_VERDICTS), sample)
                )
            ]
            known = self._store.find([question.key for question in questions])
            asked += [question for question in questions if question.key not in known]
            for question in questions:
                if question.key in known:
                    work.learn(question.key, known[question.key], question.wanted.final)
            self._progress.done(len(known))
            going = [key.call_id for key in known if key.call_id not in work.found]
        return asked

    def _take(
        self,
        of: int,
        work: Work,
        call: Conversation,
        others: Mapping[str, GivenVerdict],
        sample: int,
    ) -> Question | None:
        """The next question about a call; None where it came to its verdict."""
        course = work.course
        if course.has_code:
            self._check()
        step = course.take(call, work.answers.get(call.call_id, {}), others)
        if isinstance(step, Verdict):
            work.settle(call.call_id, step)
            if course.definition.type is MetricType.LLM_JUDGE:
                self._progress.done(1)  # the judge was expected to be asked, and the trigger spared it
            return None
        if step.by_script:
            self._progress.expect(1)
        return Question(VerdictKey(call.call_id, course.digest(step), sample), step, of)

    def _keep(self, group: Sequence[Finished[Question, Answer[Verdict]]], works: Sequence[Work]) -> None:
        """Store what was paid, in one go, before it is used."""
        paid: list[tuple[VerdictKey, Verdict, Usage]] = []
        for finished in group:
            question = finished.item
            verdict, cost = verdict_of(finished.outcome)
            works[question.of].learn(question.key, verdict, question.wanted.final)
            if verdict.status is not VerdictStatus.NOT_JUDGED:
                paid.append((question.key, verdict, cost))
        if paid:
            self._store.save(paid)
        self._progress.done(len(group))

    def _check(self) -> None:
        self._progress.check()
        self._budget.check()


def _tell(works: Sequence[Work], settled: Settled) -> None:
    for work in works:
        if fresh := work.take_fresh():
            settled(fresh)


def verdict_of(outcome: Answer[Verdict] | CallFailed | AnswerUnreadable) -> tuple[Verdict, Usage]:
    """The verdict that a finished call amounts to, and what it cost."""
    if isinstance(outcome, Answer):
        return outcome.value, outcome.usage
    if isinstance(outcome, CallFailed):
        return Verdict(VerdictStatus.NOT_JUDGED, cause=str(outcome)), Usage()
    text, cost = (outcome.text, outcome.usage) if isinstance(outcome, PaidAnswerUnreadable) else ("", Usage())
    shown = text[:SHOWN_CHARACTERS]
    return Verdict(VerdictStatus.UNREADABLE, explanation=shown, cause=str(outcome)), cost


def _batches(items: Sequence[int], size: int) -> Iterator[list[int]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
