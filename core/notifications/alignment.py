"""Which parts of two sequences are equal, in time that does not grow with the square of their length.

Small sequences get the shortest edit script (Myers 1986, by diff-match-patch, each token standing
for one character). Large ones are first tied together where a token occurs once on both sides, in
the same order (the idea of patience diff), and only what lies between is compared. Work is counted
rather than timed, so that the same texts always give the same diff.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from diff_match_patch import diff_match_patch

Tokens = tuple[str, ...]

STEPS = 1_500_000
"""Comparisons that one field's diff may cost; about half a second of one core."""
ROUNDS = 6
"""How often what lies between ties may be tied again; bounds the depth of the recursion."""


class Stretch(NamedTuple):
    """Tokens that are equal on both sides, or that were replaced by others (either may be empty)."""

    equal: bool
    before: Tokens
    after: Tokens


class Effort:
    """The comparisons still allowed."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps

    def affords(self, before: int, after: int) -> bool:
        """Take what comparing so many tokens costs at worst, (n + m)² / 4; False where it is too much."""
        steps = (before + after) ** 2 // 4
        if steps > self.left:
            return False
        self.left -= steps
        return True


def align(before: Sequence[str], after: Sequence[str], effort: Effort) -> list[Stretch]:
    """The two sequences as stretches in order; equal and changed ones alternate."""
    return _joined(_trimmed(tuple(before), tuple(after), effort, ROUNDS))


def _trimmed(before: Tokens, after: Tokens, effort: Effort, rounds: int) -> Iterator[Stretch]:
    head = _shared_length(before, after)
    tail = _shared_length(before[head:][::-1], after[head:][::-1])
    end_before, end_after = len(before) - tail, len(after) - tail
    yield Stretch(True, before[:head], after[:head])
    yield from _middle(before[head:end_before], after[head:end_after], effort, rounds)
    yield Stretch(True, before[end_before:], after[end_after:])


def _shared_length(before: Sequence[str], after: Sequence[str]) -> int:
    for position, (old, new) in enumerate(zip(before, after, strict=False)):
        if old != new:
            return position
    return min(len(before), len(after))


def _middle(before: Tokens, after: Tokens, effort: Effort, rounds: int) -> Iterator[Stretch]:
    if not before or not after:
        yield Stretch(False, before, after)
    elif effort.affords(len(before), len(after)):
        yield from _shortest(before, after)
    else:
        yield from _between_ties(before, after, effort, rounds)


def _between_ties(before: Tokens, after: Tokens, effort: Effort, rounds: int) -> Iterator[Stretch]:
    ties = _ties(before, after) if rounds else []
    if not ties:
        yield Stretch(False, before, after)
        return
    start_before = start_after = 0
    for at_before, at_after in ties:
        yield from _trimmed(before[start_before:at_before], after[start_after:at_after], effort, rounds - 1)
        yield Stretch(True, (before[at_before],), (after[at_after],))
        start_before, start_after = at_before + 1, at_after + 1
    yield from _trimmed(before[start_before:], after[start_after:], effort, rounds - 1)


def _ties(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of the tokens that occur once on each side, the most that keep their order."""
    counts, counts_after = Counter(before), Counter(after)
    position = {token: at for at, token in enumerate(after) if counts_after[token] == 1}
    pairs = [
        (at, position[token]) for at, token in enumerate(before) if counts[token] == 1 and token in position
    ]
    return _longest_rising(pairs)


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs whose second numbers rise too (patience sorting)."""
    tops: list[int] = []
    top_index: list[int] = []
    below: list[int | None] = []
    for index, (_, second) in enumerate(pairs):
        pile = bisect_left(tops, second)
        tops[pile : pile + 1] = [second]
        top_index[pile : pile + 1] = [index]
        below.append(top_index[pile - 1] if pile else None)
    rising: list[tuple[int, int]] = []
    at = top_index[-1] if top_index else None
    while at is not None:
        rising.append(pairs[at])
        at = below[at]
    return rising[::-1]


def _shortest(before: Tokens, after: Tokens) -> Iterator[Stretch]:
    """The shortest edit script; diff-match-patch compares characters, so each token becomes one."""
    numbers: dict[str, int] = {}
    old = "".join(chr(numbers.setdefault(token, len(numbers))) for token in before)
    new = "".join(chr(numbers.setdefault(token, len(numbers))) for token in after)
    tokens = list(numbers)
    engine = diff_match_patch()
    engine.Diff_Timeout = 0
    for kind, characters in engine.diff_main(old, new, False):
        found = tuple(tokens[ord(character)] for character in characters)
        yield Stretch(kind == 0, found if kind <= 0 else (), found if kind >= 0 else ())


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours of the same kind as one, empty ones left out."""
    joined: list[tuple[bool, list[str], list[str]]] = []
    for equal, before, after in stretches:
        if not before and not after:
            continue
        if not joined or joined[-1][0] != equal:
            joined.append((equal, [], []))
        joined[-1][1].extend(before)
        joined[-1][2].extend(after)
    return [Stretch(equal, tuple(before), tuple(after)) for equal, before, after in joined]
