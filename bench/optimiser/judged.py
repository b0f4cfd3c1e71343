"""Our judge over the public protocol: for our own search, and for telling what any way's prompt is worth."""

from __future__ import annotations

from collections.abc import Sequence

from bench.optimiser.lab import LabCall
from core.judging.judge import Judge, SilentProgress, VerdictKey
from core.judging.scoring import score
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.terms import Conversation, Definition, EvalSettings, LabelledRow, Usage, Verdict

CONCURRENCY = 8


def agreement(
    base_url: str, model: str, definitions: Sequence[Definition], calls: Sequence[LabCall]
) -> float:
    """The share of these calls on which a judge with the call's definition answers as the label says."""
    judge = judge_of(ModelClient(base_url, "bench", model), Transcripts(calls), Budget())
    rows = [row(number, call) for number, call in enumerate(calls, 1)]
    verdicts: dict[int, Verdict] = {}
    for definition in dict.fromkeys(definitions):
        judged = [row for row, its in zip(rows, definitions, strict=True) if its == definition]
        verdicts |= judge.judge(definition, judged)
    return score(rows, verdicts, EvalSettings()).rate


def judge_of(client: ModelClient, source: Transcripts, budget: Budget) -> Judge:
    return Judge(
        client=client,
        settings=EvalSettings(),
        source=source,
        store=Remembered(),
        budget=budget,
        concurrency=CONCURRENCY,
        progress=SilentProgress(),
    )


def row(number: int, call: LabCall) -> LabelledRow:
    return LabelledRow(number, number, call.group, str(call.label).lower(), call.note)


class Transcripts:
    """Calls by their place among the labelled ones, counted from 1."""

    def __init__(self, calls: Sequence[LabCall]) -> None:
        self._calls = calls

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [Conversation(number, self._calls[number - 1].turns) for number in call_ids]


class Remembered:
    """Verdicts of this trial, so that no row is paid for twice under the same prompt."""

    def __init__(self) -> None:
        self._kept: dict[VerdictKey, Verdict] = {}

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        return {key: self._kept[key] for key in keys if key in self._kept}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        self._kept |= {key: verdict for key, verdict, _ in entries}
