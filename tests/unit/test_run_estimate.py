from __future__ import annotations

import pytest

from core.runs.estimate import expected_calls


@pytest.mark.parametrize(
    ("labelled", "to_learn", "calls"),
    [
        (0, 0, 0),
        (1, 1, 0),
        (20, 8, 20 + 1 + 3 + 3 * 20),  # all learn, so the last round is known already
        (40, 10, 40 + 1 + 3 + 3 * 24 + 16),
        (100, 30, 100 + 1 + 3 + 3 * 20 + 80),
        (1000, 900, 1000 + 4 + 3 + 3 * 200 + 800),
    ],
)
def test_a_run_is_two_rounds_a_few_writer_calls_and_three_proposals_to_choose_from(
    labelled: int, to_learn: int, calls: int
) -> None:
    assert expected_calls(labelled, to_learn) == calls
