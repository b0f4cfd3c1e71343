"""The plain text body: all that the HTML says, unified diffs, and the full proposed prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.notifications.diff import unified_diff
from core.notifications.legible import cut, fair_share, printable
from core.notifications.pages import environment, totals
from core.notifications.summary import ResultSummary, RunSummary, candidates_with_diff, changed_fields
from core.notifications.wording import FIELD_NAMES
from core.terms import DEFINITION_FIELDS

MAX_CHARS = 400_000
"""Of all the diffs and prompts of one body together."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text or the start of it, and how many characters were left out."""

    text: str
    left_out: int = 0


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
    """The whole text, cut only where the diffs and prompts together are longer than MAX_CHARS."""
    candidates = [_candidate(result) for result in candidates_with_diff(summary)]
    page = environment().get_template("summary.txt")
    return page.render(summary=summary, totals=totals(summary), candidates=_within(candidates, MAX_CHARS))


def _candidate(result: ResultSummary) -> Candidate:
    changed = changed_fields(result)
    shown = [field for field in DEFINITION_FIELDS if field in changed or field == "description"]
    return Candidate(result, [_field(result, field, field in changed) for field in shown])


def _field(result: ResultSummary, field: str, changed: bool) -> PlainField:
    before, after = result.fields_before or {}, result.fields_after or {}
    diff = unified_diff(before.get(field, ""), after.get(field, ""))
    whole = printable(after.get(field, ""))
    return PlainField(FIELD_NAMES[field], changed, Excerpt(diff), Excerpt(whole))


def _within(candidates: Sequence[Candidate], room: int) -> list[Candidate]:
    fields = [field for candidate in candidates for field in candidate.fields]
    share = fair_share([len(text) for field in fields for text in (field.diff.text, field.whole.text)], room)
    return [
        replace(candidate, fields=[_cut(field, share) for field in candidate.fields])
        for candidate in candidates
    ]


def _cut(field: PlainField, share: int) -> PlainField:
    return replace(
        field,
        diff=Excerpt(*cut(field.diff.text, share)),
        whole=Excerpt(*cut(field.whole.text, share)),
    )
