from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadLabel
from core.judging.values import agrees, canonical, possible_values
from core.terms import EvalSettings, EvalType

BINARY = EvalSettings(EvalType.BINARY)
RATING = EvalSettings(EvalType.RATING)
NUMERIC = EvalSettings(EvalType.NUMERIC, tolerance=0.5)
MOOD = EvalSettings(EvalType.ENUM, ("Calm", "No"))


@pytest.mark.parametrize(
    ("settings", "value", "text"),
    [
        (BINARY, True, "true"),
        (BINARY, "PASS", "true"),
        (BINARY, " no ", "false"),
        (BINARY, 0, "false"),
        (BINARY, None, "N/A"),
        (BINARY, "not applicable", "N/A"),
        (RATING, 5, "5"),
        (RATING, "4.50", "4.5"),
        (NUMERIC, "-0.0", "0"),
        (NUMERIC, 1e3, "1000"),
        (MOOD, "calm", "Calm"),
        (MOOD, "no", "No"),
        (MOOD, "na", "N/A"),
    ],
)
def test_each_answer_has_one_text(settings: EvalSettings, value: Any, text: str) -> None:
    assert canonical(value, settings) == text


@pytest.mark.parametrize(
    ("settings", "value"),
    [(BINARY, "perhaps"), (RATING, 5.1), (RATING, "-1"), (NUMERIC, "nan"), (NUMERIC, "x"), (MOOD, "yes")],
)
def test_a_value_the_metric_cannot_have_is_refused(settings: EvalSettings, value: Any) -> None:
    with pytest.raises(BadLabel):
        canonical(value, settings)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_canonical_number_stays_as_it_is(number: float) -> None:
    text = canonical(number, NUMERIC)
    assert canonical(text, NUMERIC) == text
    assert float(text) == number


@pytest.mark.parametrize(
    ("expected", "actual", "agree"),
    [("1", "1.5", True), ("1", "1.6", False), ("N/A", "0", False), ("N/A", "N/A", True)],
)
def test_numbers_agree_within_the_tolerance_and_not_applicable_with_itself(
    expected: str, actual: str, agree: bool
) -> None:
    assert agrees(expected, actual, NUMERIC) is agree


def test_words_agree_when_they_are_the_same() -> None:
    assert agrees("Calm", "Calm", MOOD)
    assert not agrees("Calm", "No", MOOD)


def test_a_metric_with_numbers_has_no_list_of_values() -> None:
    assert possible_values(BINARY) == ("true", "false")
    assert possible_values(MOOD) == ("Calm", "No")
    assert possible_values(RATING) == ()
