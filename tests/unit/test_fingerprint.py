"""What makes a run ask again, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.optimiser.fingerprint import fingerprint
from core.terms import EvalSettings, EvalType, LabelledRow

ROWS = [LabelledRow(i, i, f"g{i}", "true", "a note") for i in range(1, 5)]
CALLS = {row.call_id: f"digest-{row.call_id}" for row in ROWS}
SETTINGS = EvalSettings()
MODEL = {"model": "m"}


def of(rows: list[LabelledRow] = ROWS, **changes: object) -> str:
    arguments = {"conversations": CALLS, "settings": SETTINGS, "model": MODEL, "options": {}} | changes
    return fingerprint(rows, **arguments)  # type: ignore[arg-type]


def test_the_order_of_rows_does_not_count() -> None:
    assert of() == of(ROWS[::-1])


@pytest.mark.parametrize(
    "changed",
    [
        of([replace(ROWS[0], expected="false"), *ROWS[1:]]),
        of([replace(ROWS[0], feedback="another note"), *ROWS[1:]]),
        of([replace(ROWS[0], expected=None), *ROWS[1:]]),
        of(ROWS[1:]),
        of(conversations=CALLS | {1: "another transcript"}),
        of(settings=EvalSettings(EvalType.NUMERIC, tolerance=1)),
        of(model={"model": "another"}),
        of(options={"guard": "strict"}),
    ],
    ids=["label", "note", "unlabelled", "row", "transcript", "settings", "model", "options"],
)
def test_each_thing_that_can_change_the_answer_changes_it(changed: str) -> None:
    assert changed != of()
