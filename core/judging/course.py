"""How a definition comes to its verdict on one call: the trigger first, then the judge or the code.

A course is taken from its beginning each time an answer has arrived, until it ends in a verdict; it
holds no state and asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import BadLabel
from core.judging.answer import read_verdict
from core.judging.asked_by_script import FUNCTION, AnswerMissing, AnswerUseless, Asking
from core.judging.call_data import GivenVerdict, call_data
from core.judging.prompt import judge_request
from core.judging.question import Verdicts, Wanted
from core.judging.values import canonical
from core.llm.answer import storable
from core.sandbox import ScriptResult, ScriptValue, run_script
from core.terms import (
    NOT_APPLICABLE,
    Conversation,
    Definition,
    EvalSettings,
    EvalType,
    MetricType,
    Trigger,
    TriggerKind,
    Verdict,
    VerdictStatus,
)

APPLIES = "The value is true wherever this metric applies."
"""Asked with a prompt trigger whose metric is code: only whether it applies is read."""


@dataclass(frozen=True, slots=True)
class Course:
    """The way of one definition, for a model of this name."""

    definition: Definition
    settings: EvalSettings
    model: str
    max_output_tokens: int = 1024

    @property
    def has_code(self) -> bool:
        """Whether taking the course runs a script."""
        return has_code(self.definition)

    def digest(self, wanted: Wanted) -> str:
        return wanted.request.digest(self.model)

    def take(
        self, call: Conversation, answers: Verdicts, others: Mapping[str, GivenVerdict]
    ) -> Verdict | Wanted:
        """The verdict on the call, or the question that stands in its way.

        Args:
            answers: what was answered about this call so far.
            others: what the project's other metrics say of it, by name.
        """
        trigger, code = self.definition.trigger, self.definition.type is MetricType.CUSTOM_CODE
        if trigger.kind is TriggerKind.CODE:
            stopped = self._stopped_by_code(call, answers, others)
        elif trigger.kind is TriggerKind.PROMPT and code:
            stopped = self._stopped_by_prompt(call, answers)
        else:
            stopped = None
        if stopped is not None:
            return stopped
        return self._code(call, answers, others) if code else self._question(call)

    def _stopped_by_code(
        self, call: Conversation, answers: Verdicts, others: Mapping[str, GivenVerdict]
    ) -> Verdict | Wanted | None:
        result = self.run(self.definition.trigger.text, call, answers, others)
        if not isinstance(result, ScriptResult):
            return result
        if not result.ran:
            return _unreadable(f"The trigger failed. {result.failure}")
        return None if result.value else _not_applicable(result.explanation)

    def _stopped_by_prompt(self, call: Conversation, answers: Verdicts) -> Verdict | Wanted | None:
        asked = Definition(APPLIES, self.definition.trigger)
        settings = EvalSettings(EvalType.BINARY)
        wanted = Wanted(
            judge_request(asked, settings, call, self.max_output_tokens),
            read_verdict(settings, asks_trigger=True),
            final=False,
        )
        answer = answers.get(self.digest(wanted))
        if answer is None:
            return wanted
        if answer.status is VerdictStatus.UNREADABLE:
            return answer
        return _not_applicable(answer.explanation) if answer.value == NOT_APPLICABLE else None

    def _question(self, call: Conversation) -> Wanted:
        definition = self.definition
        if definition.trigger.kind is TriggerKind.CODE:
            definition = replace(definition, trigger=Trigger())
        asks_trigger = definition.trigger.kind is TriggerKind.PROMPT
        return Wanted(
            judge_request(definition, self.settings, call, self.max_output_tokens),
            read_verdict(self.settings, asks_trigger),
        )

    def _code(
        self, call: Conversation, answers: Verdicts, others: Mapping[str, GivenVerdict]
    ) -> Verdict | Wanted:
        result = self.run(self.definition.custom_code, call, answers, others)
        return script_verdict(result, self.settings) if isinstance(result, ScriptResult) else result

    def run(
        self, code: str, call: Conversation, answers: Verdicts, others: Mapping[str, GivenVerdict]
    ) -> ScriptResult | Verdict | Wanted:
        """What the script says; what it must be told first; or that it can't be told."""
        asking = Asking(call, answers, self.digest, self.max_output_tokens)
        data: dict[str, Any] = call_data(call, others)
        try:
            return run_script(code, data, {FUNCTION: asking.evaluate_llm_judge_metric})
        except AnswerMissing as missing:
            return missing.wanted
        except AnswerUseless as useless:
            return replace(useless.verdict, cause=f"{FUNCTION}: {useless.verdict.cause}")


def has_code(definition: Definition) -> bool:
    """Whether judging by this definition runs a script."""
    return definition.type is MetricType.CUSTOM_CODE or definition.trigger.kind is TriggerKind.CODE


def planned_calls(definition: Definition) -> int:
    """Model calls that judging one call makes at most, what scripts ask for themselves not counted."""
    if definition.type is MetricType.CUSTOM_CODE:
        return int(definition.trigger.kind is TriggerKind.PROMPT)
    return 1


def script_verdict(result: ScriptResult, settings: EvalSettings) -> Verdict:
    """The verdict that a run of a metric's code amounts to."""
    if not result.ran:
        return _unreadable(result.failure)
    try:
        value = canonical(result.value, settings)
    except BadLabel as error:
        return _unreadable(f"The code set _result to {_shown(result.value)}. {error}")
    return Verdict(VerdictStatus.ANSWERED, value, storable(result.explanation))


def _shown(value: ScriptValue) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _not_applicable(explanation: str) -> Verdict:
    return Verdict(VerdictStatus.ANSWERED, NOT_APPLICABLE, storable(explanation))


def _unreadable(cause: str) -> Verdict:
    """The cause is the explanation, too: it is what people see of such a verdict in the Lab."""
    cause = storable(cause)
    return Verdict(VerdictStatus.UNREADABLE, explanation=cause, cause=cause)
