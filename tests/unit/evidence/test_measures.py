"""Recall by class, balanced accuracy, kappa and the trigger."""

from __future__ import annotations

import pytest

from core.evidence import Answer, Evidence, JudgedRow, Noise, weigh
from core.evidence.agreement import recalls
from tests.unit.evidence.rows import row, rows


def evidence(judged: list[JudgedRow]) -> Evidence:
    found = weigh(judged, judged[::2], str.__eq__)
    assert found is not None
    return found


def test_each_class_has_its_recall_the_most_frequent_first() -> None:
    found = recalls(rows(["++", "+-", "-+"]) + rows(["+-"] * 4, "false", start=3))
    assert [(each.name, str(each.before), str(each.after), each.lost) for each in found] == [
        ("false", "Count(right=4, total=4)", "Count(right=0, total=4)", 4),
        ("true", "Count(right=2, total=3)", "Count(right=2, total=3)", 0),
    ]


def test_balanced_accuracy_does_not_forgive_a_rare_class() -> None:
    found = evidence(rows(["++"] * 90) + rows(["--"] * 10, "false", start=90))
    assert found.everything.before == 90
    measured = found.balanced_accuracy.before
    assert measured is not None
    assert measured.value == 0.5
    assert (measured.interval.low, measured.interval.high) == (0.5, 0.5)


def test_one_class_has_no_balanced_accuracy() -> None:
    assert evidence(rows(["++", "+-"])).balanced_accuracy.before is None


def test_kappa_is_cohens() -> None:
    """20 and 15 agreed, 5 and 10 did not: 0.7 seen, 0.5 by chance."""
    judged = rows(["+-"] * 20 + ["-+"] * 5) + rows(["+-"] * 15 + ["-+"] * 10, "false", start=25)
    measured = evidence(judged).kappa.before
    assert measured is not None
    assert measured.value == pytest.approx(0.4)
    assert 0.1 < measured.interval.low < 0.25
    assert 0.55 < measured.interval.high < 0.7


def test_a_judge_that_always_says_the_same_has_no_kappa_beyond_chance() -> None:
    judged = rows(["++"] * 8) + rows(["--"] * 8, "false", start=8)
    measured = evidence(judged).kappa.before
    assert measured is not None
    assert measured.value == 0.0
    assert evidence(rows(["++"] * 8)).kappa.before is None  # one label, one answer: chance explains all


def test_kappa_takes_values_within_the_tolerance_for_agreement() -> None:
    def near(expected: str, actual: str) -> bool:
        return abs(float(expected) - float(actual)) <= 1

    judged = [
        JudgedRow(number, str(number), expected, Answer(said, near(expected, said)), Answer(said, True))
        for number, (expected, said) in enumerate(
            [("1", "2"), ("2", "2"), ("5", "4"), ("4", "4"), ("5", "1")]
        )
    ]
    found = weigh(judged, [], near)
    assert found is not None
    assert found.kappa.before is not None
    assert found.kappa.before.value == pytest.approx((0.80 - 0.48) / (1 - 0.48))


def test_an_unreadable_answer_agrees_with_nothing_and_is_counted() -> None:
    found = evidence(rows(["?+", "+?", "??", "++"]) + rows(["++", "--"], "false", start=4))
    assert found.unreadable == (2, 2)
    assert found.kappa.before is not None


def test_the_trigger_is_measured_where_labels_are_not_applicable() -> None:
    judged = [
        *rows(["++"] * 6),
        row(6, "+-", "N/A"),
        row(7, "-+", "N/A"),
        row(8, "++", "N/A"),
        JudgedRow(9, "9", "true", Answer("N/A", False), Answer("true", True)),
    ]
    found = evidence(judged).trigger
    assert found is not None
    before, after = found
    assert (before.precision.as_json(), before.recall.as_json()) == ([2, 3], [2, 3])
    assert (after.precision.as_json(), after.recall.as_json()) == ([2, 2], [2, 3])
    assert evidence(rows(["++", "+-"])).trigger is None


def test_evidence_is_what_it_was_after_it_was_stored() -> None:
    judged = rows(["-+"] * 7 + ["+-"] * 2 + ["++"] * 5) + rows(["+?", "++"], "N/A", start=14)
    for held_out in (judged, []):
        found = weigh(judged, held_out, str.__eq__, Noise(20, (3, 4), 1))
        assert found is not None
        assert Evidence.of_json(found.as_json()) == found


def test_numbers_are_no_classes() -> None:
    judged = [JudgedRow(n, str(n), str(n), Answer(str(n), True), Answer(str(n), True)) for n in range(60)]
    found = weigh(judged, judged, None)
    assert found is not None
    assert (found.recalls, found.balanced_accuracy.before, found.kappa.before) == ((), None, None)
