"""How often each guard lets which rewrite pass: the table, and the simulation that made it."""

from __future__ import annotations

import json

import pytest

from bench.guard import LABELS, TRIALS, simulate, target, written
from core.evidence.odds import FILE, how_often, odds_table
from core.terms import Guard


def test_the_table_is_what_the_simulation_gives() -> None:
    """Each cell has a seed of its own, so a few of them stand for all."""
    for labels in (10, 30, 100):
        (row,) = simulate([labels], TRIALS)
        assert row in odds_table()


def test_the_file_is_as_the_bench_writes_it() -> None:
    assert FILE.read_text(encoding="utf-8") == written(odds_table(), TRIALS)
    assert [row["labels"] for row in odds_table()] == list(LABELS)
    assert json.loads(FILE.read_text(encoding="utf-8"))["trials"] == TRIALS


def test_strict_passes_few_useless_rewrites_and_most_gains_of_ten_points_at_100_held_out_rows() -> None:
    found = target(2_000)
    assert found["held_out"] == 100
    assert found["useless"]["strict"] <= 0.05
    assert found["gain10"]["strict"] >= 0.85
    assert all(row["useless"]["strict"] <= 0.05 for row in odds_table())


@pytest.mark.parametrize("labels", [0, 2, 10, 29])
def test_without_held_out_rows_strict_passes_nothing(labels: int) -> None:
    odds = how_often(Guard.STRICT, labels)
    assert (odds.useless, odds.harmful, odds.gain10) == (0.0, 0.0, 0.0)


def test_between_two_rows_the_odds_lie_between() -> None:
    below, between, above = (how_often(Guard.STRICT, labels).gain10 for labels in (100, 150, 200))
    assert below < between < above
    assert between == pytest.approx((below + above) / 2)


def test_beyond_the_table_its_last_row_holds() -> None:
    assert how_often(Guard.STANDARD, 9_000) == how_often(Guard.STANDARD, 500)


def test_the_strict_guard_is_never_the_laxer_one() -> None:
    for labels in range(1, 600, 7):
        strict, standard = how_often(Guard.STRICT, labels), how_often(Guard.STANDARD, labels)
        assert strict.useless <= standard.useless
        assert strict.harmful <= standard.harmful
