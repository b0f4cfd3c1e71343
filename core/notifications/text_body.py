"""The plain text body: all that the HTML says, unified diffs, and the full proposed prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.notifications.diff import unified_diff
from core.notifications.legible import cut, printable
from core.notifications.pages import environment, totals
from core.notifications.summary import ResultSummary, RunSummary, candidates_with_diff, changed_fields
from core.notifications.wording import FIELD_NAMES
from core.terms import DEFINITION_FIELDS

MAX_CHARS = 400_000
"""Shared evenly by all the diffs and prompts of one body."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The start of a text, and how many characters of it were left out."""

    text: str
    left_out: int


@dataclass(frozen=True, slots=True)
class PlainField:
    """`changed` is False for the judge prompt of a candidate that changed something else."""

    name: str
    changed: bool
    diff: Excerpt
    whole: Excerpt


@dataclass(frozen=True, slots=True)
class Candidate:
    result: ResultSummary
    fields: Sequence[PlainField]


def text_body(summary: RunSummary) -> str:
    """The whole text, cut only where the prompts together are longer than MAX_CHARS."""
    results = candidates_with_diff(summary)
    share = MAX_CHARS // max(1, sum(2 * len(_fields_to_show(result)) for result in results))
    return (
        environment()
        .get_template("summary.txt")
        .render(
            summary=summary,
            totals=totals(summary),
            candidates=[_candidate(result, share) for result in results],
        )
    )


def _candidate(result: ResultSummary, share: int) -> Candidate:
    return Candidate(result, [_field(result, field, share) for field in _fields_to_show(result)])


def _fields_to_show(result: ResultSummary) -> list[str]:
    changed = changed_fields(result)
    return [field for field in DEFINITION_FIELDS if field in changed or field == "description"]


def _field(result: ResultSummary, field: str, share: int) -> PlainField:
    before, after = result.fields_before or {}, result.fields_after or {}
    diff = unified_diff(before.get(field, ""), after.get(field, ""))
    return PlainField(
        FIELD_NAMES[field],
        field in changed_fields(result),
        Excerpt(*cut(diff, share)),
        Excerpt(*cut(printable(after.get(field, "")), share)),
    )
