from __future__ import annotations

from typing import Any

from core.lab.advice import LabStanding

USEFUL = LabStanding(
    rows=40,
    labelled=30,
    notes=10,
    agreeing=20,
    disagreeing=10,
    disagreeing_with_note=6,
    not_judged=0,
    not_evaluated=0,
    rows_not_evaluated=10,
    classes={"true": 20, "false": 10},
    contradictions=(),
    new=5,
)


def lab(**changes: Any) -> LabStanding:
    return LabStanding(**{name: getattr(USEFUL, name) for name in LabStanding.__slots__} | changes)


def test_a_useful_lab_needs_no_advice() -> None:
    assert (USEFUL.refusal, USEFUL.warnings) == (None, ())


def test_fewer_than_two_labels_are_refused() -> None:
    assert lab(labelled=2).refusal is None
    assert "1 of the 2" in str(lab(labelled=1).refusal)


def test_a_run_is_likely_worth_it_with_something_new_and_nothing_to_warn_of() -> None:
    assert USEFUL.ready
    assert not lab(new=0).ready
    assert not lab(labelled=1).ready
    assert not lab(classes={"true": 30}).ready


def test_what_waits_for_a_person_is_what_has_no_label_or_no_reason() -> None:
    assert lab(rows=40, labelled=30, disagreeing=10, disagreeing_with_note=6).to_label == 14


def test_one_class_only_is_a_warning() -> None:
    (warning,) = lab(classes={"true": 30}).warnings
    assert "Only one class is labelled (true)" in warning


def test_no_labels_are_not_one_class() -> None:
    assert lab(labelled=0, classes={}).warnings == ()


def test_under_six_disagreements_are_a_warning() -> None:
    assert lab(disagreeing=6, disagreeing_with_note=6).warnings == ()
    (warning,) = lab(disagreeing=5, disagreeing_with_note=5).warnings
    assert "Under 6 disagreements" in warning
    assert "5 labelled rows" in warning


def test_disagreements_without_notes_are_a_warning() -> None:
    (warning,) = lab(disagreeing_with_note=5).warnings
    assert "5 of 10" in warning


def test_rows_that_may_still_disagree_are_not_counted_as_agreeing() -> None:
    (warning,) = lab(disagreeing=2, disagreeing_with_note=2, not_evaluated=4).warnings
    assert "not evaluated yet: 4" in warning
    assert "2 are known to disagree" in warning


def test_contradictions_are_a_warning() -> None:
    (warning,) = lab(contradictions=((1, 2), (3, 4, 5))).warnings
    assert "contradicting ways: 2" in warning
