"""The judge: reads the rules in the metric, looks in the conversation, answers and says why."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from demo.model.answers import NOT_APPLICABLE, Answers, Value
from demo.model.conversation import Conversation
from demo.model.rules import Rulebook, rulebook
from demo.model.triggers import trigger_rules

SHAPE = re.compile(r'Answer with JSON only: \{"explanation".*?"value": (?P<value>.*)\}$', re.MULTILINE)
RATING_MIDDLE = 2.5
LONGEST_QUOTED_RULE = 240


@dataclass(frozen=True, slots=True)
class Metric:
    """What the system message of a judge's prompt says. `trigger` is None where none is asked about."""

    description: str
    trigger: str | None
    answers: Answers


@lru_cache(maxsize=512)
def metric_in(system: str) -> Metric | None:
    """The metric in a system message, or None where it holds none."""
    start = system.find("<metric>\n")
    end = system.rfind("\n</metric>")
    if start < 0 or end < start:
        return None
    after = system[end:]
    shapes = list(SHAPE.finditer(after))
    answers = _answers(shapes[-1]["value"]) if shapes else Answers("binary")
    return Metric(system[start + len("<metric>\n") : end], _trigger(after), answers)


def verdict(metric: Metric, call: Conversation) -> dict[str, Any]:
    """The answer to a judge's prompt, in the order its schema asks for."""
    applies, why = _applies(metric.trigger, call)
    if not applies:
        return {"explanation": why, "applies": False, "value": None}
    value, reason = _value(metric, call)
    if metric.trigger is None:
        return {"explanation": reason, "value": value}
    if value == NOT_APPLICABLE and value not in metric.answers.values:
        return {"explanation": reason, "applies": False, "value": None}
    return {"explanation": f"{why} {reason}", "applies": True, "value": value}


def _applies(trigger: str | None, call: Conversation) -> tuple[bool, str]:
    if trigger is None:
        return True, ""
    rules = trigger_rules(trigger)
    if not rules.clauses:
        return True, "I recognised no rule in the trigger, so I take it that the metric applies."
    applies, clause = rules.decide(call)
    says = "applies" if applies else "does not apply"
    if clause is not None:
        return applies, f"The metric {says} by “{_shown(clause.text)}”."
    which = "Nothing that the trigger names happened" if not applies else "Nothing excludes this call"
    return applies, f"{which}, so the metric {says}."


def _value(metric: Metric, call: Conversation) -> tuple[Value, str]:
    book = _usable(metric)
    for number, rule in enumerate(book.rules, 1):
        if rule.condition.holds(call):
            return rule.value, f"Decided by rule {number} of {len(book.rules)}: “{_shown(rule.text)}”."
    value = book.left_over(metric.answers)
    if not book.rules and book.stated is None:
        return value, "I recognised no rule in the metric, so this is only the default answer."
    return value, f"No rule holds ({len(book.rules)} recognised), so this is the answer left over."


@lru_cache(maxsize=512)
def _usable(metric: Metric) -> Rulebook:
    """Without rules for N/A where the prompt leaves no room for that answer."""
    book = rulebook(metric.description, metric.answers)
    if metric.trigger is not None or NOT_APPLICABLE in metric.answers.values:
        return book
    stated = None if book.stated == NOT_APPLICABLE else book.stated
    return Rulebook(tuple(rule for rule in book.rules if rule.value != NOT_APPLICABLE), stated)


def _answers(shape: str) -> Answers:
    if shape.startswith("one of "):
        try:
            values = json.loads(shape.removeprefix("one of "))
        except ValueError:
            values = []
        return Answers("enum", tuple(str(value) for value in values))
    if shape.startswith("a number"):
        return Answers("number", middle=RATING_MIDDLE if "from 0 to 5" in shape else 0.0)
    return Answers("binary")


def _trigger(after: str) -> str | None:
    start, end = after.find("<applies_when>\n"), after.rfind("\n</applies_when>")
    return None if start < 0 or end < start else after[start + len("<applies_when>\n") : end]


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_QUOTED_RULE else text[: LONGEST_QUOTED_RULE - 1] + "…"
