"""The judge's own noise."""

from __future__ import annotations

from collections import Counter

import pytest

from core.evidence import Noise, rows_to_judge_again
from core.terms import LabelledRow


def labelled(count: int, expected: str, start: int = 0) -> list[LabelledRow]:
    return [LabelledRow(start + n, start + n, f"group {start + n}", expected) for n in range(count)]


def by_label(row: LabelledRow) -> str | None:
    return row.expected


def test_at_most_twenty_rows_are_asked_about_again() -> None:
    assert len(rows_to_judge_again(labelled(200, "true"), by_label)) == 20
    assert len(rows_to_judge_again(labelled(7, "true"), by_label)) == 7
    assert rows_to_judge_again([], by_label) == []


def test_each_label_has_its_share() -> None:
    rows = labelled(75, "true") + labelled(25, "false", start=75)
    assert Counter(map(by_label, rows_to_judge_again(rows, by_label))) == {"true": 15, "false": 5}


def test_the_same_rows_are_chosen_whatever_their_order_and_come_in_it() -> None:
    rows = labelled(60, "true") + labelled(30, "false", start=60)
    chosen = rows_to_judge_again(rows, by_label)
    assert set(chosen) == set(rows_to_judge_again(rows[::-1], by_label))
    assert chosen == sorted(chosen, key=rows.index)


def test_new_labels_move_few_of_the_chosen_rows() -> None:
    before = set(rows_to_judge_again(labelled(100, "true"), by_label))
    after = set(rows_to_judge_again(labelled(103, "true"), by_label))
    assert len(before & after) >= 16


@pytest.mark.parametrize(("flipped", "floor"), [(0, 3.5), (1, 5.0), (4, 7.8)])
def test_the_floor_is_what_judging_twice_gains_in_one_of_twenty_tries(flipped: int, floor: float) -> None:
    assert Noise(20, (), flipped).floor(100) == pytest.approx(floor, abs=0.05)


def test_a_floor_from_few_rows_is_higher_than_one_from_many() -> None:
    assert Noise(3, (), 0).floor(100) > Noise(20, (), 0).floor(100)
