"""`evaluate_llm_judge_metric`: a script asks the judge a question of its own.

A script is not kept waiting in its process while a model thinks. It ends at its first question that has no
answer yet; when the answer is there it is run again from its first line, and now finds it. Scripts
have no clock and no randomness, so it comes to the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.judging.answer import read_verdict
from core.judging.prompt import judge_request
from core.judging.question import Verdicts, Wanted
from core.judging.values import plain_value
from core.sandbox import BadUse
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    EvalType,
    Trigger,
    TriggerKind,
    Verdict,
    VerdictStatus,
)

FUNCTION = "evaluate_llm_judge_metric"
MOST_QUESTIONS = 10
"""Questions that one run of a script may ask, each of them a paid call for every row."""
LONGEST_DESCRIPTION = 20_000
MOST_VALUES = 50


class AnswerMissing(Exception):
    """The script asked what nobody has answered yet."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted.request.name)
        self.wanted = wanted


class AnswerUseless(Exception):
    """The judge's answer to the script's question could not be read; so the script has no result."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.cause)
        self.verdict = verdict


@dataclass(slots=True)
class Asking:
    """The host function of one run of a script on one call. `answers` are by the digest of the request."""

    call: Conversation
    answers: Verdicts
    digest: Callable[[Wanted], str]
    max_output_tokens: int
    asked: int = field(default=0, init=False)

    def evaluate_llm_judge_metric(
        self,
        description: str,
        eval_type: str = "binary",
        enum_values: Sequence[str] | None = None,
        evaluation_trigger: str | None = None,
    ) -> Mapping[str, object]:
        """`{"result": …, "explanation": …}` of a judge who is asked this description of the call.

        `result` is True or False, a number or one of the values; None where the trigger does not hold.
        Raises BadUse, AnswerMissing and AnswerUseless.
        """
        self.asked += 1
        if self.asked > MOST_QUESTIONS:
            raise BadUse(f"{FUNCTION} can be called {MOST_QUESTIONS} times a call, not more")
        settings = _settings(eval_type, enum_values)
        definition = Definition(_text(description, "description"), _trigger(evaluation_trigger))
        wanted = Wanted(
            judge_request(definition, settings, self.call, self.max_output_tokens),
            read_verdict(settings, definition.trigger.kind is TriggerKind.PROMPT),
            final=False,
            by_script=True,
            about=definition.description,
        )
        verdict = self.answers.get(self.digest(wanted))
        if verdict is None:
            raise AnswerMissing(wanted)
        if verdict.status is not VerdictStatus.ANSWERED or verdict.value is None:
            raise AnswerUseless(verdict)
        return {"result": plain_value(verdict.value, settings), "explanation": verdict.explanation}


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadUse(f"{FUNCTION}: the {name} has to be a text that says something")
    if len(value) > LONGEST_DESCRIPTION:
        raise BadUse(f"{FUNCTION}: the {name} is longer than {LONGEST_DESCRIPTION:,} characters")
    return value


def _trigger(text: object) -> Trigger:
    return Trigger() if text is None else Trigger(TriggerKind.PROMPT, _text(text, "evaluation_trigger"))


def _settings(eval_type: object, enum_values: object) -> EvalSettings:
    if not isinstance(eval_type, str) or eval_type not in list(EvalType):
        raise BadUse(f"{FUNCTION}: eval_type is one of {', '.join(EvalType)}")
    if eval_type != EvalType.ENUM:
        return EvalSettings(EvalType(eval_type))
    if not isinstance(enum_values, list) or not 2 <= len(enum_values) <= MOST_VALUES:
        raise BadUse(f"{FUNCTION}: enum_values is a list of 2 to {MOST_VALUES} texts")
    return EvalSettings(EvalType.ENUM, tuple(_text(value, "value in enum_values") for value in enum_values))
