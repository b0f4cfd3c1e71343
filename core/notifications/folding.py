"""A word-level diff brought down to what changed, and to the room there is for it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from core.notifications.diff import Kind, Line, Segment, near_changes

CONTEXT_LINES = 2
CONTEXT_CHARS = 160
"""How much unchanged text stays in sight around a change."""

SMALLEST_FOLD = 4
"""Fewer lines are shown: the note that they are hidden would tell less than they do."""

Cost = Callable[[Segment], int]


class Fold(NamedTuple):
    """Unchanged lines that are not shown."""

    lines: int


def folded(lines: Sequence[Line], context: int = CONTEXT_LINES) -> list[Line | Fold]:
    """The lines with long unchanged stretches folded, and long unchanged text in a line shortened."""
    shown: list[Line | Fold] = []
    for in_sight, run in _runs(lines, context):
        if in_sight:
            shown.extend(_shortened(line) for line in run)
        else:
            shown.append(Fold(len(run)))
    return shown


def fitted(lines: Sequence[Line | Fold], room: int, cost: Cost) -> tuple[list[Line | Fold], bool]:
    """As much from the start as costs at most `room`, and whether something was left out.

    A line that does not fit whole keeps the part of it that does.
    """
    kept: list[Line | Fold] = []
    for line in lines:
        segments = line.segments if isinstance(line, Line) else ()
        spent = sum(map(cost, segments))
        if spent > room:
            part = tuple(_fitting(segments, room, cost))
            return ([*kept, Line(part)] if part else kept), True
        kept.append(line)
        room -= spent
    return kept, False


def _fitting(segments: Sequence[Segment], room: int, cost: Cost) -> Iterator[Segment]:
    for segment in segments:
        spent = cost(segment)
        if spent > room:
            yield from _start_of(segment, room, cost)
            return
        yield segment
        room -= spent


def _start_of(segment: Segment, room: int, cost: Cost) -> Iterator[Segment]:
    """The longest start that fits; nothing where not one character does."""
    starts = range(1, len(segment.text))
    length = bisect_right(starts, room, key=lambda end: cost(Segment(segment.kind, segment.text[:end])))
    if length:
        yield Segment(segment.kind, segment.text[:length])


def _runs(lines: Sequence[Line], context: int) -> Iterator[tuple[bool, Sequence[Line]]]:
    """Lines in runs, each with whether it is shown."""
    near = near_changes([line.changed for line in lines], context)
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or near[end] != near[start]:
            yield near[start] or end - start < SMALLEST_FOLD, lines[start:end]
            start = end


def _shortened(line: Line) -> Line:
    last = len(line.segments) - 1
    return Line(
        tuple(
            segment if segment.kind is not Kind.EQUAL else _without_middle(segment, at > 0, at < last)
            for at, segment in enumerate(line.segments)
        )
    )


def _without_middle(segment: Segment, change_before: bool, change_after: bool) -> Segment:
    """Unchanged text cut down to what stands next to a change; a line without one keeps its start."""
    text = segment.text
    head = CONTEXT_CHARS if change_before or not change_after else 0
    tail = CONTEXT_CHARS if change_after else 0
    left_out = len(text) - head - tail
    if left_out <= CONTEXT_CHARS:
        return segment
    note = f" … {left_out:,} unchanged characters … "
    return Segment(segment.kind, text[:head] + note + text[len(text) - tail :])
