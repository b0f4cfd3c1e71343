"""The HTML body: a table of results, then every candidate's word-level diff, under a fixed size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import escape

from core.notifications.diff import Kind, Line, Segment, word_diff
from core.notifications.folding import Fold, fitted, folded
from core.notifications.legible import fair_share
from core.notifications.pages import environment, inlined, totals
from core.notifications.summary import ResultSummary, RunSummary, candidates_with_diff, changed_fields
from core.notifications.wording import FIELD_NAMES

MAX_BYTES = 100_000
"""Gmail cuts a message off at 102 KB."""
TAG_BYTES = 110
"""About what the tag and style of one inserted or deleted segment take."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much a body may hold: metrics, and bytes of all diffs together."""

    metrics: int
    diff_bytes: int


ROOMS = (Room(60, 72_000), Room(60, 45_000), Room(40, 20_000), Room(20, 6_000), Room(6, 0))
"""Tried in order until the body fits; the last fits whatever the names and reasons are."""


@dataclass(frozen=True, slots=True)
class ChangedField:
    """`lines` is empty where nothing that can be seen changed."""

    name: str
    is_code: bool
    lines: Sequence[Line | Fold]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    result: ResultSummary
    fields: Sequence[ChangedField]


def html_body(summary: RunSummary) -> str:
    """The whole page, styles inlined, at most MAX_BYTES of UTF-8."""
    candidates = [_candidate(result) for result in candidates_with_diff(summary)]
    page = ""
    for room in ROOMS:
        page = _page(summary, candidates, room)
        if len(page.encode()) <= MAX_BYTES:
            break
    return page


def _candidate(result: ResultSummary) -> Candidate:
    before, after = result.fields_before or {}, result.fields_after or {}
    fields = []
    for field in changed_fields(result):
        lines = word_diff(before.get(field, ""), after.get(field, ""))
        seen = any(line.changed for line in lines)
        is_code = field == "custom_code"
        fields.append(ChangedField(FIELD_NAMES[field], is_code, folded(lines) if seen else ()))
    return Candidate(result, fields)


def _page(summary: RunSummary, candidates: Sequence[Candidate], room: Room) -> str:
    shown = candidates[: room.metrics]
    page = (
        environment()
        .get_template("summary.html")
        .render(
            summary=summary,
            totals=totals(summary),
            metrics=room.metrics,
            candidates=list(_within(shown, room.diff_bytes)),
            candidates_left_out=len(candidates) - len(shown),
            Kind=Kind,
        )
    )
    return inlined(page)


def _within(candidates: Sequence[Candidate], room: int) -> Iterator[Candidate]:
    sizes = [_total(field.lines) for candidate in candidates for field in candidate.fields]
    share = fair_share(sizes, room)
    for candidate in candidates:
        yield replace(candidate, fields=[_cut(field, share) for field in candidate.fields])


def _cut(field: ChangedField, room: int) -> ChangedField:
    lines, is_cut = fitted(field.lines, room, _bytes)
    return replace(field, lines=lines, is_cut=is_cut)


def _total(lines: Sequence[Line | Fold]) -> int:
    return sum(_bytes(segment) for line in lines if isinstance(line, Line) for segment in line.segments)


def _bytes(segment: Segment) -> int:
    tag = 0 if segment.kind is Kind.EQUAL else TAG_BYTES
    return len(str(escape(segment.text)).encode()) + tag
