"""Try code that nobody has saved yet on one call, without a single model call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.judging.call_data import GivenVerdict
from core.judging.course import Course, script_verdict
from core.judging.question import Wanted
from core.sandbox import ScriptResult
from core.terms import (
    NOT_APPLICABLE,
    Conversation,
    Definition,
    EvalSettings,
    MetricType,
    TriggerKind,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the code of a definition made of a call.

    Attributes:
        value: the canonical value; None where there is none without a model.
        explanation: what the code says of it.
        failure: why there is no value, naming the line; "" where nothing failed.
        asks: what a model would be asked next; "" where none would be.
        printed: what the code printed, the trigger's first.
    """

    value: str | None = None
    explanation: str = ""
    failure: str = ""
    asks: str = ""
    printed: str = ""


def dry_run(
    definition: Definition,
    settings: EvalSettings,
    call: Conversation,
    others: Mapping[str, GivenVerdict],
) -> DryRun:
    """Run the trigger where it is code, then the code. A trigger that is a prompt is taken to hold."""
    course = Course(definition, settings, model="")
    printed = ""
    if definition.trigger.kind is TriggerKind.CODE:
        trigger = course.run(definition.trigger.text, call, {}, others)
        if not isinstance(trigger, ScriptResult):
            return _asking(trigger)
        printed = trigger.printed
        if not trigger.ran:
            return DryRun(failure=f"The trigger failed. {trigger.failure}", printed=printed)
        if not trigger.value:
            return DryRun(NOT_APPLICABLE, trigger.explanation, printed=printed)
    if definition.type is not MetricType.CUSTOM_CODE:
        return DryRun(asks=definition.description, printed=printed)
    code = course.run(definition.custom_code, call, {}, others)
    if not isinstance(code, ScriptResult):
        return _asking(code, printed)
    verdict = script_verdict(code, settings)
    return DryRun(verdict.value, code.explanation, failure=verdict.cause, printed=printed + code.printed)


def _asking(step: Verdict | Wanted, printed: str = "") -> DryRun:
    assert isinstance(step, Wanted)  # a course without answers has none that could not be read
    return DryRun(asks=step.about, printed=printed)
