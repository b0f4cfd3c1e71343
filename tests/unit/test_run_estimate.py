"""What the estimate of a run is made of; `bench.optimiser` says how near it comes."""

from __future__ import annotations

import pytest

from core.optimiser.plan import expected_search_calls, rounds
from core.runs.estimate import expected_calls


@pytest.mark.parametrize(("labelled", "to_learn"), [(0, 0), (1, 1)])
def test_too_few_labels_make_no_call(labelled: int, to_learn: int) -> None:
    assert expected_calls(labelled, to_learn) == 0


@pytest.mark.parametrize(
    ("labelled", "to_learn", "spent"),
    [(20, 7, 86), (40, 13, 148), (60, 20, 182), (100, 33, 343), (200, 66, 870), (400, 132, 1407)],
)
def test_it_is_within_a_third_of_what_simulated_labs_spent(labelled: int, to_learn: int, spent: int) -> None:
    """Spent: the means of four simulated Labs of each size, whose judge agrees with two labels in three."""
    without_noise = 2 * labelled + expected_search_calls(labelled, to_learn)
    assert without_noise == pytest.approx(spent, rel=0.3)


def test_more_labels_are_worth_more_rounds_and_more_calls() -> None:
    assert [rounds(labelled) for labelled in (10, 20, 300)] == [0, 2, 2]
    assert expected_search_calls(20, 8) < expected_search_calls(80, 30) < expected_search_calls(400, 150)


def test_a_huge_lab_is_searched_on_a_part_of_its_rows() -> None:
    assert expected_search_calls(5_000, 2_000) < 500
