from __future__ import annotations

from typing import Any

import pytest

from core.errors import AnswerUnreadable
from core.judging.answer import read_verdict
from core.terms import EvalSettings, EvalType, Verdict, VerdictStatus

BINARY = EvalSettings(EvalType.BINARY)
RATING = EvalSettings(EvalType.RATING)
NUMERIC = EvalSettings(EvalType.NUMERIC)
MOOD = EvalSettings(EvalType.ENUM, ("Calm", "Angry"))
MOOD_OR_NONE = EvalSettings(EvalType.ENUM, ("Calm", "N/A"))


def value_of(settings: EvalSettings, value: Any) -> str | None:
    verdict = read_verdict(settings, asks_trigger=False)({"explanation": "So.", "value": value})
    assert verdict.status is VerdictStatus.ANSWERED
    return verdict.value


@pytest.mark.parametrize(
    ("settings", "given", "value"),
    [
        (BINARY, True, "true"),
        (BINARY, False, "false"),
        (BINARY, "Yes", "true"),
        (BINARY, "fail", "false"),
        (RATING, 4, "4"),
        (RATING, 3.5, "3.5"),
        (RATING, "2", "2"),
        (NUMERIC, -12.0, "-12"),
        (MOOD, "angry", "Angry"),
        (MOOD_OR_NONE, "n/a", "N/A"),
    ],
)
def test_a_value_of_the_metric_is_read_in_its_canonical_form(
    settings: EvalSettings, given: Any, value: str
) -> None:
    assert value_of(settings, given) == value


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        (BINARY, "maybe"),
        (BINARY, None),
        (BINARY, "N/A"),
        (BINARY, [True]),
        (BINARY, {"value": True}),
        (RATING, 6),
        (RATING, -1),
        (RATING, True),
        (RATING, "N/A"),
        (NUMERIC, float("inf")),
        (NUMERIC, 10**400),
        (NUMERIC, "many"),
        (MOOD, "sad"),
        (MOOD, "N/A"),
        (MOOD, 3),
    ],
)
def test_any_other_value_is_unreadable(settings: EvalSettings, given: Any) -> None:
    with pytest.raises(AnswerUnreadable):
        value_of(settings, given)


@pytest.mark.parametrize("answer", [{}, {"value": True}, {"explanation": 3, "value": True}])
def test_an_answer_without_an_explanation_is_unreadable(answer: dict[str, Any]) -> None:
    with pytest.raises(AnswerUnreadable, match="no explanation"):
        read_verdict(BINARY, asks_trigger=False)(answer)


@pytest.mark.parametrize("said", [False, "false", "no"])
def test_a_metric_that_does_not_apply_is_not_applicable_whatever_the_value(said: Any) -> None:
    read = read_verdict(BINARY, asks_trigger=True)
    verdict = read({"explanation": "No order in it.", "applies": said, "value": True})
    assert verdict == Verdict(VerdictStatus.ANSWERED, "N/A", "No order in it.")


def test_a_metric_that_applies_has_its_value() -> None:
    read = read_verdict(BINARY, asks_trigger=True)
    assert read({"explanation": "So.", "applies": True, "value": False}).value == "false"


@pytest.mark.parametrize("answer", [{"value": True}, {"applies": None}, {"applies": "perhaps"}])
def test_an_answer_that_does_not_say_whether_it_applies_is_unreadable(answer: dict[str, Any]) -> None:
    with pytest.raises(AnswerUnreadable, match="whether the metric applies"):
        read_verdict(BINARY, asks_trigger=True)({"explanation": "So."} | answer)


@pytest.mark.parametrize("value", [None, "N/A"])
def test_a_metric_that_applies_and_has_no_value_contradicts_itself(value: Any) -> None:
    with pytest.raises(AnswerUnreadable):
        read_verdict(BINARY, asks_trigger=True)({"explanation": "So.", "applies": True, "value": value})
