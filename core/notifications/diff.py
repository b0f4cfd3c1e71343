"""What changed between two texts: word by word for people who look, line by line for plain text.

Lines are aligned first and words only inside lines that changed. All of it is plain data: whoever
shows it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from core.notifications.alignment import Effort, Stretch, align
from core.notifications.legible import printable

_PUNCTUATION = r"!-/:-@\[-`{-~\u2010-\u203a\u3000-\u303f"
_ONE_BY_ONE = r"\u3040-\u30ff\u3400-\u9fff"
WORD = re.compile(
    rf"\s|[{_ONE_BY_ONE}]"
    rf"|[^\s{_PUNCTUATION}{_ONE_BY_ONE}]+(?:['’_-][^\s{_PUNCTUATION}{_ONE_BY_ONE}]+)*"
    r"|[^\s]"
)
"""A word, one mark of punctuation or one space. Scripts written without spaces go character by
character; letters with combining marks stay whole."""
SENTENCE_END = re.compile(r"(?<=[.!?;:,。]\s)|(?<=\n)")


class Kind(StrEnum):
    EQUAL = "equal"
    INSERTED = "inserted"
    DELETED = "deleted"


class Segment(NamedTuple):
    kind: Kind
    text: str


class Line(NamedTuple):
    """One line of the word-level diff, without its line break.

    A line break that was itself inserted or deleted, with nothing else on its line, is shown as ↵.
    """

    segments: tuple[Segment, ...]

    @property
    def changed(self) -> bool:
        return any(segment.kind is not Kind.EQUAL for segment in self.segments)


def word_diff(before: str, after: str) -> list[Line]:
    """Every line of the merged text, old words beside the new ones that replaced them."""
    effort = Effort()
    segments: list[Segment] = []
    for stretch in _line_stretches(before, after, effort):
        if stretch.equal:
            segments.append(Segment(Kind.EQUAL, "".join(stretch.before)))
        else:
            segments.extend(_words(stretch, effort))
    return list(_lines(_merged(segments)))


def unified_diff(before: str, after: str, context: int = 3) -> str:
    """A unified diff for people to read: hunks with `@@` headers, no file names; "" where equal."""
    marked = [
        (mark, line.removesuffix("\n"))
        for stretch in _line_stretches(before, after, Effort())
        for mark, line in _marked(stretch)
    ]
    in_sight = near_changes([mark != " " for mark, _ in marked], context)
    return "\n".join(_hunks(marked, in_sight))


def _line_stretches(before: str, after: str, effort: Effort) -> list[Stretch]:
    return align(_with_breaks(before), _with_breaks(after), effort)


def _with_breaks(text: str) -> list[str]:
    """The text's lines, each with a `\\n`: whether the last one had its own is no change to show."""
    return [line + "\n" for line in printable(text).removesuffix("\n").split("\n")] if text else []


def _words(stretch: Stretch, effort: Effort) -> Iterator[Segment]:
    """The words of changed lines; where that costs too much, of changed sentences, else all as one."""
    before, after = "".join(stretch.before), "".join(stretch.after)
    old, new = WORD.findall(before), WORD.findall(after)
    if effort.affords(len(old), len(new)):
        yield from _segments(_without_islands(align(old, new, _free(old, new))))
        return
    for sentence in align(SENTENCE_END.split(before), SENTENCE_END.split(after), effort):
        if sentence.equal:
            yield Segment(Kind.EQUAL, "".join(sentence.before))
        else:
            yield from _sentence_words(sentence, effort)


def _sentence_words(stretch: Stretch, effort: Effort) -> Iterator[Segment]:
    old, new = WORD.findall("".join(stretch.before)), WORD.findall("".join(stretch.after))
    return _segments(_without_islands(align(old, new, effort)))


def _free(old: Sequence[str], new: Sequence[str]) -> Effort:
    """Enough for two sequences whose cost has been taken already."""
    return Effort((len(old) + len(new)) ** 2)


def _without_islands(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Lone spaces between two changes, counted as changed.

    A rewritten clause would otherwise be cut to pieces at every space it shares with the old one.
    """
    for number, stretch in enumerate(stretches):
        between = 0 < number < len(stretches) - 1
        island = stretch.equal and between and set(stretch.before) <= {" ", "\t"}
        yield Stretch(False, stretch.before, stretch.after) if island else stretch


def _segments(stretches: Iterable[Stretch]) -> Iterator[Segment]:
    old: list[str] = []
    new: list[str] = []
    for equal, before, after in stretches:
        if not equal:
            old.extend(before)
            new.extend(after)
            continue
        yield from _change(old, new)
        old, new = [], []
        yield Segment(Kind.EQUAL, "".join(before))
    yield from _change(old, new)


def _change(old: Sequence[str], new: Sequence[str]) -> Iterator[Segment]:
    if old:
        yield Segment(Kind.DELETED, "".join(old))
    if new:
        yield Segment(Kind.INSERTED, "".join(new))


def _merged(segments: Iterable[Segment]) -> Iterator[Segment]:
    held: Segment | None = None
    for segment in segments:
        if held and held.kind is segment.kind:
            held = Segment(held.kind, held.text + segment.text)
        else:
            if held:
                yield held
            held = segment
    if held:
        yield held


def _lines(segments: Iterable[Segment]) -> Iterator[Line]:
    line: list[Segment] = []
    for kind, text in segments:
        first, *rest = text.split("\n")
        for following in rest:
            line.extend(_shown(kind, first))
            if kind is not Kind.EQUAL and not any(segment.kind is kind for segment in line):
                line.append(Segment(kind, "↵"))
            yield Line(tuple(line))
            line, first = [], following
        line.extend(_shown(kind, first))
    if line:
        yield Line(tuple(line))


def _shown(kind: Kind, text: str) -> list[Segment]:
    return [Segment(kind, text)] if text else []


def _marked(stretch: Stretch) -> Iterator[tuple[str, str]]:
    if stretch.equal:
        yield from ((" ", line) for line in stretch.before)
        return
    yield from (("-", line) for line in stretch.before)
    yield from (("+", line) for line in stretch.after)


def near_changes(changed: Sequence[bool], context: int) -> list[bool]:
    """Which lines are changed or stand at most `context` lines from a changed one."""
    near = [False] * len(changed)
    for at, is_changed in enumerate(changed):
        if is_changed:
            start, end = max(0, at - context), min(len(near), at + context + 1)
            near[start:end] = [True] * (end - start)
    return near


def _hunks(marked: Sequence[tuple[str, str]], in_sight: Sequence[bool]) -> Iterator[str]:
    old, new = 1, 1
    hunk: list[tuple[str, str]] = []
    start = (1, 1)
    for (mark, line), seen in zip(marked, in_sight, strict=True):
        if seen and not hunk:
            start = (old, new)
        if seen:
            hunk.append((mark, line))
        elif hunk:
            yield from _hunk(hunk, *start)
            hunk = []
        old, new = old + (mark != "+"), new + (mark != "-")
    if hunk:
        yield from _hunk(hunk, *start)


def _hunk(hunk: Sequence[tuple[str, str]], old: int, new: int) -> Iterator[str]:
    before = sum(mark != "+" for mark, _ in hunk)
    after = sum(mark != "-" for mark, _ in hunk)
    yield f"@@ -{old},{before} +{new},{after} @@"
    yield from (mark + line for mark, line in hunk)
