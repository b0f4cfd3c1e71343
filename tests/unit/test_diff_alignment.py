from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.notifications.alignment import Effort, Stretch, align

TOKENS = st.lists(st.sampled_from("abcdefgh"), max_size=60)


def rebuilt(stretches: list[Stretch]) -> tuple[list[str], list[str]]:
    return [t for s in stretches for t in s.before], [t for s in stretches for t in s.after]


@given(TOKENS, TOKENS, st.integers(0, 400))
def test_the_stretches_are_both_sequences_whatever_the_effort(
    before: list[str], after: list[str], steps: int
) -> None:
    stretches = align(before, after, Effort(steps))
    assert rebuilt(stretches) == (before, after)
    assert all(stretch.before == stretch.after for stretch in stretches if stretch.equal)
    kinds = [stretch.equal for stretch in stretches]
    assert all(one != next_one for one, next_one in pairwise(kinds))


def test_without_any_effort_left_unique_tokens_still_tie_the_sides_together() -> None:
    before, after = list("1a2b3c4"), list("1x2y3z4")
    equal = [stretch.before for stretch in align(before, after, Effort(0)) if stretch.equal]
    assert equal == [("1",), ("2",), ("3",), ("4",)]


def test_without_effort_and_ties_the_middle_counts_as_replaced() -> None:
    assert align(list("xaabbx"), list("xbbaax"), Effort(0)) == [
        Stretch(True, ("x",), ("x",)),
        Stretch(False, ("a", "a", "b", "b"), ("b", "b", "a", "a")),
        Stretch(True, ("x",), ("x",)),
    ]


def test_effort_is_taken_once_and_refused_when_spent() -> None:
    effort = Effort(100)
    assert effort.affords(10, 10)
    assert not effort.affords(1, 1)


def scattered(seed: int) -> list[str]:
    return random.Random(seed).choices(["A", "B", ""], k=100_000)


NESTED = [token for number in range(20_000, 0, -1) for token in (f"u{number}", f"u{number + 1}")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (scattered(1), scattered(2)),
        (NESTED, NESTED[:10] + ["new"] * 1000 + NESTED[10:]),
        ([str(n) for n in range(50_000)], [str(n) for n in range(50_000, 0, -1)]),
        ([str(n) for n in range(50_000)], [str(n) if n % 2 else "x" for n in range(50_000)]),
    ],
    ids=["no unique token", "ties within ties", "reversed", "every second changed"],
)
@pytest.mark.timeout(60)
def test_large_sequences_of_every_shape_come_to_an_end(before: list[str], after: list[str]) -> None:
    """A method that grows with the square needs billions of steps here and meets the time limit."""
    assert rebuilt(align(before, after, Effort())) == (before, after)
