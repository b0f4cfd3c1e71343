"""Evidence for people who never heard of a test of significance."""

from __future__ import annotations

from core.evidence import Count, Interval, Noise, compare_pairs
from core.evidence.words import (
    count_words,
    difference_words,
    luck_words,
    noise_words,
    odds_words,
    tries,
)
from tests.unit.evidence.rows import rows


def test_luck_is_told_in_tries() -> None:
    found = compare_pairs(rows(["-+"] * 7 + ["+-"] * 2 + ["++"] * 31))
    assert found is not None
    assert luck_words(found) == (
        "7 fixed, 2 broken on the 40 rows it never saw: luck alone would do as well in 9 of 100 tries."
    )


def test_where_nothing_changed_there_is_no_luck() -> None:
    found = compare_pairs(rows(["++"] * 9))
    assert found is not None
    assert luck_words(found) == "Nothing changed on the 9 rows it never saw."


def test_rare_luck_is_not_called_impossible() -> None:
    assert tries(0.0001) == "fewer than 1 of 100 tries"
    assert tries(0.006) == "1 of 100 tries"
    assert tries(1.0) == "100 of 100 tries"


def test_noise_is_told_as_changes_of_mind() -> None:
    assert "changed none" in noise_words(Noise(20, (), 0))
    assert noise_words(Noise(20, (1,), 0)).endswith("the judge changed 1 answer.")
    assert noise_words(Noise(20, (1, 2), 1)).endswith("2 answers, 1 of them from right to wrong or back.")


def test_counts_come_with_their_range_and_differences_with_signs() -> None:
    assert count_words(Count(45, 50)) == "45 of 50 (79–96 %)"
    assert count_words(Count(0, 0)) == "none"
    assert difference_words(Interval(-0.021, 0.14)) == "between −2 and +14 points"
    assert difference_words(Interval(0.001, 0.14)) == "between 0 and +14 points"


def test_the_odds_of_both_guards_are_told_for_the_labels_there_are() -> None:
    assert odds_words(100) == (
        "With 100 labels, the standard guard would apply 71 of 100 useless rewrites, 14 of 100 that lose 5 "
        "points and over 99 of 100 that gain 10; the strict guard 1, under 1 and 33 (our own simulation)."
    )
    assert "the strict guard 0, 0 and 0" in odds_words(1)
    assert odds_words(1).startswith("With 1 label, ")
