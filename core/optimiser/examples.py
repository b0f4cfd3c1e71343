"""Which learn rows the writer is shown, and how much of each conversation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, zip_longest
from math import ceil
from typing import Any

from core.judging.prompt import transcript_text, variables
from core.judging.scoring import agrees_with
from core.judging.values import agrees
from core.optimiser.case import Case, Transcripts
from core.optimiser.directions import direction
from core.optimiser.requests import Example
from core.terms import Conversation, Definition, LabelledRow, Verdict, VerdictStatus

MOST_REQUESTS = 4
MOST_TO_LEARN = 200
"""Rows to learn from that are shown at all."""
DISAGREEMENTS_A_REQUEST = 50
REQUEST_CHARACTERS = 96_000
"""Of disagreements in one request at most, about 24,000 tokens."""
MOST_AGREEMENTS = 24
"""Enough that a rule which would break many right answers can be told from one that breaks none."""
LEAST_CHARACTERS, MOST_CHARACTERS = 800, 8_000
"""How much of one conversation is shown, its beginning and its end."""
TYPICAL_CHARACTERS = 1_500
"""Of a conversation nobody has looked at yet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How long a request may comfortably be: writers lose details in longer ones.

    Attributes:
        disagreements: characters of them in one request, while there are requests left.
        agreements: characters of them beside a full request; a shorter one has room for more.
        fewest: agreements that are shown in any case.
    """

    disagreements: int
    agreements: int
    fewest: int


AT_FIRST = Reading(16_000, 8_000, 4)
"""Everything at once, so that what many labels have in common is seen."""
A_SECOND_TIME = Reading(5_000, 2_000, 2)
"""A few at a time, so that no note is overlooked again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request shows: rows to learn from, and rows that are right already."""

    to_learn: list[Example]
    to_keep: list[Example]

    def in_turn(self) -> list[Example]:
        pairs = chain.from_iterable(zip_longest(self.to_learn, self.to_keep))
        return [example for example in pairs if example is not None]


def requests_for(to_learn: int) -> int:
    """About how many requests it takes to show so many rows to learn from."""
    rows = min(to_learn, MOST_TO_LEARN)
    return _count(rows, rows * TYPICAL_CHARACTERS, AT_FIRST)


def disagreeing(
    case: Case, verdicts: Mapping[int, Verdict], rows: Iterable[LabelledRow]
) -> list[LabelledRow]:
    """Labelled rows the judge answered differently, or unreadably."""
    return [
        row
        for row in rows
        if (verdict := verdicts.get(row.review_id)) is not None
        and row.labelled
        and verdict.status is not VerdictStatus.NOT_JUDGED
        and not agrees_with(row, verdict, case.settings)
    ]


def agreeing(case: Case, verdicts: Mapping[int, Verdict], rows: Iterable[LabelledRow]) -> list[LabelledRow]:
    """Labelled rows the judge answered as the reviewer did."""
    return [
        row
        for row in rows
        if (verdict := verdicts.get(row.review_id)) is not None and agrees_with(row, verdict, case.settings)
    ]


def batches(
    case: Case, verdicts: Mapping[int, Verdict], rows: Sequence[LabelledRow], transcripts: Transcripts
) -> list[Batch]:
    """Up to four batches, one for each request; none where there is nothing to learn from.

    Rows with a note come first and the directions of error take turns, so that a cut at the limit
    leaves each direction its share. Rows whose labels contradict each other teach nothing.
    """
    doubtful = contradictory(case)
    wrong = [row for row in disagreeing(case, verdicts, rows) if row.group not in doubtful]
    ordered = [
        *balanced(case, [row for row in wrong if row.feedback], verdicts),
        *[row for row in rows if not row.labelled and row.feedback],
        *balanced(case, [row for row in wrong if not row.feedback], verdicts),
    ]
    right = balanced(case, agreeing(case, verdicts, rows), verdicts)
    return batches_of(case, verdicts, ordered[:MOST_TO_LEARN], right, transcripts)


def batches_of(
    case: Case,
    verdicts: Mapping[int, Verdict],
    wrong: Sequence[LabelledRow],
    right: Sequence[LabelledRow],
    transcripts: Transcripts,
    reading: Reading = AT_FIRST,
) -> list[Batch]:
    """These rows in as many requests as it takes to keep each of them readable."""
    length = max(
        LEAST_CHARACTERS, min(MOST_CHARACTERS, MOST_REQUESTS * REQUEST_CHARACTERS // max(1, len(wrong)))
    )
    to_learn = examples(case, wrong, verdicts, transcripts, length)
    count = _count(len(to_learn), _size(to_learn), reading)
    to_keep = examples(case, right[: count * MOST_AGREEMENTS], verdicts, transcripts, length)
    return [
        Batch(to_learn[place::count], _fitting(to_learn[place::count], to_keep[place::count], reading))
        for place in range(count)
    ]


def _fitting(to_learn: Sequence[Example], to_keep: Sequence[Example], reading: Reading) -> list[Example]:
    """As many agreements as there is room for beside the disagreements."""
    room = max(0, reading.disagreements - _size(to_learn)) + reading.agreements
    sizes = accumulate(len(example.text) for example in to_keep)
    fitting = sum(size <= room for size in sizes)
    return list(to_keep[: max(reading.fewest, fitting)])


def _size(shown: Sequence[Example]) -> int:
    return sum(len(example.text) for example in shown)


def _count(rows: int, characters: int, reading: Reading) -> int:
    wanted = max(ceil(rows / DISAGREEMENTS_A_REQUEST), ceil(characters / reading.disagreements))
    return min(MOST_REQUESTS, wanted)


def contradictory(case: Case) -> frozenset[str]:
    """Groups (the same conversation) whose labels do not agree with each other."""
    first: dict[str, str] = {}
    found = set()
    for row in case.labelled:
        expected = row.expected or ""
        if not agrees(first.setdefault(row.group, expected), expected, case.settings):
            found.add(row.group)
    return frozenset(found)


def balanced(case: Case, rows: Sequence[LabelledRow], verdicts: Mapping[int, Verdict]) -> list[LabelledRow]:
    """Rows taken in turn from each direction of error; of rows that are right, from each value."""
    kinds: dict[str, list[LabelledRow]] = defaultdict(list)
    for row in rows:
        said = _said(verdicts.get(row.review_id))
        right = row.labelled and said == row.expected
        kinds[f"right: {said}" if right else direction(said, row.expected, case.settings)].append(row)
    turns = chain.from_iterable(zip_longest(*kinds.values()))
    return [row for row in turns if row is not None]


def examples(
    case: Case,
    rows: Sequence[LabelledRow],
    verdicts: Mapping[int, Verdict],
    transcripts: Transcripts,
    characters: int,
) -> list[Example]:
    """The rows as the writer sees them, each conversation cut to `characters`."""
    calls = {call.call_id: call for call in transcripts.load([row.call_id for row in rows])}
    return [
        Example(
            label_id=row.review_id,
            conversation=cut(transcript_text(calls[row.call_id].messages), characters),
            judge=_said(verdicts.get(row.review_id)),
            judge_reason=_reason(verdicts.get(row.review_id)),
            expected=row.expected,
            note=row.feedback[:2_000],
            data=_named_data(case.definition, calls[row.call_id]),
        )
        for row in rows
        if row.call_id in calls
    ]


def cut(text: str, characters: int) -> str:
    """The beginning and the end of a text: what decides a call mostly stands at its end."""
    if len(text) <= characters:
        return text
    head = characters // 3
    return f"{text[:head]}\n[…]\n{text[len(text) - (characters - head) :]}"


def _named_data(definition: Definition, call: Conversation) -> dict[str, Any]:
    """The metadata that the definition names: what the judge sees of it, cut short."""
    named = variables(f"{definition.description}\n{definition.trigger.text}")
    keys = [name.removeprefix("metadata.") for name in named if name.startswith("metadata.")]
    if "metadata" in named:
        keys = list(call.metadata)
    return {key: str(call.metadata[key])[:LEAST_CHARACTERS] for key in keys if key in call.metadata}


def _said(verdict: Verdict | None) -> str | None:
    return verdict.value if verdict else None


def _reason(verdict: Verdict | None) -> str:
    return verdict.explanation[:600] if verdict else ""
