from __future__ import annotations

from dataclasses import replace

from core.lab.advice import LabStanding
from core.lab.column_choice import columns_found, columns_guessed
from core.lab.next_step import next_step

READY = LabStanding(
    rows=20,
    labelled=20,
    notes=8,
    agreeing=12,
    disagreeing=8,
    disagreeing_with_note=8,
    not_judged=0,
    not_evaluated=0,
    rows_not_evaluated=0,
    classes={"true": 12, "false": 8},
    contradictions=(),
    new=5,
)


def test_an_empty_lab_needs_calls() -> None:
    assert "Bring calls in first" in next_step(replace(READY, rows=0, labelled=0, rows_not_evaluated=0))


def test_calls_that_nobody_judged_are_evaluated_first() -> None:
    assert "Evaluate first" in next_step(replace(READY, not_evaluated=20, rows_not_evaluated=20))


def test_too_few_labels_come_before_any_other_advice() -> None:
    found = next_step(replace(READY, labelled=1, classes={"true": 1}))
    assert found.startswith("Not enough labels: 1 of the 2")


def test_what_weakens_a_run_is_said_before_it_is_called_ready() -> None:
    assert "Only one class" in next_step(replace(READY, classes={"true": 20}))


def test_without_anything_new_a_run_would_change_nothing() -> None:
    assert "Nothing is new" in next_step(replace(READY, new=0))


def test_a_lab_with_all_it_takes_is_ready() -> None:
    assert next_step(READY).startswith("Ready for Auto Improve: 8 disagreements have notes")


def test_the_column_of_a_field_is_found_by_its_names_or_by_the_mapping() -> None:
    columns = ["Call ID", "text", "Label"]
    assert columns_found(columns, {"transcript": "text"}) == {
        "transcript": "text",
        "id": "Call ID",
        "expected_value": "Label",
        "feedback": None,
        "group": None,
    }


def test_only_fields_without_a_column_are_guessed_and_only_from_free_columns() -> None:
    assert columns_guessed(["id", "Dialogue", "Comments"]) == {
        "transcript": "Dialogue",
        "feedback": "Comments",
    }
    assert columns_guessed(["transcript", "text"]) == {}
