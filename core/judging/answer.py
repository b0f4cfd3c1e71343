"""From a judge's JSON answer to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.errors import AnswerUnreadable, BadLabel
from core.judging.values import canonical, possible_values
from core.terms import NOT_APPLICABLE, EvalSettings, EvalType, Verdict, VerdictStatus

YES_OR_NO = EvalSettings(EvalType.BINARY)


def read_verdict(settings: EvalSettings, asks_trigger: bool) -> Callable[[Mapping[str, Any]], Verdict]:
    """What reads an answer to `prompt.judge_request`; it raises AnswerUnreadable.

    N/A is an answer only where the judge was asked whether the metric applies, or where it is one of
    the metric's own values.
    """

    def read(answer: Mapping[str, Any]) -> Verdict:
        explanation = answer.get("explanation")
        if not isinstance(explanation, str):
            raise AnswerUnreadable("The answer held no explanation.")
        if asks_trigger and not _applies(answer):
            return Verdict(VerdictStatus.ANSWERED, NOT_APPLICABLE, explanation)
        return Verdict(VerdictStatus.ANSWERED, _value(answer, settings), explanation)

    return read


def _applies(answer: Mapping[str, Any]) -> bool:
    try:
        word = canonical(answer.get("applies"), YES_OR_NO)
    except BadLabel:
        word = NOT_APPLICABLE
    if word == NOT_APPLICABLE:
        raise AnswerUnreadable("The answer did not say whether the metric applies.")
    return word == "true"


def _value(answer: Mapping[str, Any], settings: EvalSettings) -> str:
    given = answer.get("value")
    if given is None:
        raise AnswerUnreadable("The answer held no value.")
    try:
        value = canonical(given, settings)
    except BadLabel as error:
        raise AnswerUnreadable(f"The answer's value was not one that the metric has: {error}") from None
    if value == NOT_APPLICABLE and value not in possible_values(settings):
        raise AnswerUnreadable("The answer's value was N/A where the metric applies.")
    return value
