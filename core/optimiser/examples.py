"""Which learn rows the writer is shown, and how much of each conversation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest

from core.judging.prompt import transcript_text
from core.judging.scoring import agrees_with
from core.optimiser.case import Case, Transcripts
from core.optimiser.requests import Example
from core.terms import LabelledRow, Verdict, VerdictStatus

MOST_REQUESTS = 4
DISAGREEMENTS_A_REQUEST = 50
AGREEMENTS_A_REQUEST = 24
"""Enough that a rule which would break many right answers can be told from one that breaks none."""
REQUEST_CHARACTERS = 96_000
"""Conversation text in one request, about 24,000 tokens: writers lose details in longer ones."""
LEAST_CHARACTERS, MOST_CHARACTERS = 800, 8_000
"""How much of one conversation is shown, its beginning and its end."""


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
    case: Case, verdicts: Mapping[int, Verdict], rows: Sequence[LabelledRow]
) -> list[tuple[list[LabelledRow], list[LabelledRow]]]:
    """Up to four pairs of rows to learn from and rows that are right already, for one request each.

    Rows with a note come first and the directions of error take turns, so that a cut at the limit
    leaves each direction its share.
    """
    wrong = disagreeing(case, verdicts, rows)
    noted = [row for row in wrong if row.feedback]
    unlabelled_notes = [row for row in rows if not row.labelled and row.feedback]
    ordered = [
        *_alternating(noted, verdicts),
        *unlabelled_notes,
        *_alternating([row for row in wrong if not row.feedback], verdicts),
    ][: MOST_REQUESTS * DISAGREEMENTS_A_REQUEST]
    count = -(-len(ordered) // DISAGREEMENTS_A_REQUEST)
    right = _alternating(agreeing(case, verdicts, rows), verdicts)
    return [(ordered[i::count], right[i::count][:AGREEMENTS_A_REQUEST]) for i in range(count)]


def examples(
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
        )
        for row in rows
        if row.call_id in calls
    ]


def characters_each(rows: int) -> int:
    """How much of each conversation fits a request with so many rows."""
    return max(LEAST_CHARACTERS, min(MOST_CHARACTERS, REQUEST_CHARACTERS // max(1, rows)))


def cut(text: str, characters: int) -> str:
    """The beginning and the end of a text: what decides a call mostly stands at its end."""
    if len(text) <= characters:
        return text
    head = characters // 3
    return f"{text[:head]}\n[…]\n{text[len(text) - (characters - head) :]}"


def _alternating(rows: Sequence[LabelledRow], verdicts: Mapping[int, Verdict]) -> list[LabelledRow]:
    """Rows taken in turn from each direction (what the judge said → what was expected)."""
    directions: dict[tuple[str | None, str | None], list[LabelledRow]] = defaultdict(list)
    for row in rows:
        directions[(_said(verdicts.get(row.review_id)), row.expected)].append(row)
    turns = chain.from_iterable(zip_longest(*directions.values()))
    return [row for row in turns if row is not None]


def _said(verdict: Verdict | None) -> str | None:
    return verdict.value if verdict else None


def _reason(verdict: Verdict | None) -> str:
    return verdict.explanation[:600] if verdict else ""
