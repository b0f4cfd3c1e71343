"""Whether a candidate is better on the same rows, and how sure that is."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.evidence import compare_pairs, mcnemar, wilson
from tests.unit.evidence.rows import row, rows


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [(0, 0, 1.0), (7, 2, 46 / 512), (12, 2, 106 / 16384), (2, 7, 502 / 512)],
)
def test_mcnemar_is_the_exact_one_sided_p(fixed: int, broken: int, p: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(p)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_share_of_coin_throws_that_do_as_well(fixed: int, broken: int) -> None:
    throws = fixed + broken
    as_good = sum(comb(throws, heads) for heads in range(fixed, throws + 1))
    assert mcnemar(fixed, broken) == pytest.approx(as_good / 2**throws)


@given(st.integers(1, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_of_a_share_is_wilsons(count: tuple[int, int]) -> None:
    expected = binomtest(*count).proportion_ci(0.95, method="wilson")
    found = wilson(*count)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_of_no_rows_a_share_may_be_anything() -> None:
    assert wilson(0, 0).as_json() == [0.0, 1.0]


def test_fixed_and_broken_rows_are_counted() -> None:
    found = compare_pairs(rows(["-+"] * 7 + ["+-"] * 2 + ["++"] * 20 + ["--"] * 11))
    assert found is not None
    assert (found.rows, found.before, found.after) == (40, 22, 27)
    assert (found.fixed, found.broken, found.gain) == (7, 2, 5)
    assert found.luck == pytest.approx(0.0898, abs=1e-4)


def test_nothing_can_be_said_of_no_rows() -> None:
    assert compare_pairs([]) is None


def test_the_difference_lies_where_a_normal_approximation_puts_it() -> None:
    found = compare_pairs(rows(["-+"] * 24 + ["+-"] * 4 + ["++"] * 150 + ["--"] * 22))
    assert found is not None
    middle, spread = 0.10, 1.96 * ((28 / 200 - 0.10**2) / 200) ** 0.5
    assert found.difference.low == pytest.approx(middle - spread, abs=0.01)
    assert found.difference.high == pytest.approx(middle + spread, abs=0.01)


def test_the_same_rows_give_the_same_interval() -> None:
    changes = ["-+"] * 5 + ["+-"] * 3 + ["++"] * 12
    assert compare_pairs(rows(changes)) == compare_pairs(rows(changes))


def test_rows_of_one_conversation_are_one_witness() -> None:
    alone = compare_pairs(rows(["-+"] * 6 + ["++"] * 6))
    together = compare_pairs(
        [row(number, "-+", group="one call") for number in range(6)] + rows(["++"] * 6, start=6)
    )
    assert alone is not None
    assert together is not None
    assert (together.fixed, together.gain) == (6, 6)
    assert (alone.luck, together.luck) == (1 / 64, 1 / 2)
    assert together.difference.low < alone.difference.low


def test_a_conversation_that_is_fixed_and_broken_says_nothing() -> None:
    found = compare_pairs([row(1, "-+", group="a"), row(2, "+-", group="a"), row(3, "-+", group="b")])
    assert found is not None
    assert found.luck == 0.5
