"""What the writer is asked, read from the JSON of the user message. Nothing else is known to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from demo.model.answers import NOT_APPLICABLE, Answers, Value
from demo.model.conversation import Conversation, read_turns


@dataclass(frozen=True, slots=True)
class Metric:
    description: str
    trigger: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class Case:
    """A call with what the judge and the reviewer say of it; `judge` is None where it was unreadable."""

    label_id: int
    call: Conversation
    judge: str | None
    expected: str
    note: str


@dataclass(frozen=True, slots=True)
class DistilQuestion:
    """What do the labels teach? Cases without a label are left out: they say nothing of a value."""

    metric: Metric
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class ProposeQuestion:
    """How should the definition read?"""

    metric: Metric
    rules: tuple[str, ...]
    manner: str
    may_change_trigger: bool
    max_characters: int


@dataclass(frozen=True, slots=True)
class ScriptQuestion:
    """Could a script answer instead of a judge?"""

    metric: Metric
    rules: tuple[str, ...]


def writer_question(message: str) -> DistilQuestion | ProposeQuestion | ScriptQuestion | None:
    """The question to the writer in a user message, or None where it holds none."""
    if not message.startswith("{"):
        return None
    try:
        data = json.loads(message)
        metric = _metric(data["metric"])
        if "disagreements" in data:
            wrong = [_case(case) for case in data["disagreements"] if _is_labelled(case)]
            # A number within the metric's tolerance agrees, too: what was listed as right is right.
            right = [_case(case) for case in data["agreements"] if _is_labelled(case)]
            right = [replace(case, judge=case.expected) for case in right]
            return DistilQuestion(metric, (*wrong, *right))
        rules = tuple(str(rule["text"]) for rule in data["rules"])
        if "calls" in data:
            return ScriptQuestion(metric, rules)
        return ProposeQuestion(
            metric,
            rules,
            str(data["manner"]["name"]),
            bool(data["may_change_trigger"]),
            int(data["max_characters"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def value_of(expected: str, answers: Answers) -> Value:
    """The value that a canonical text stands for."""
    if expected == NOT_APPLICABLE:
        return NOT_APPLICABLE
    if answers.kind == "binary":
        return expected == "true"
    return float(expected) if answers.kind == "number" else expected


def _metric(data: Mapping[str, Any]) -> Metric:
    values = tuple(str(value) for value in data["values"])
    kinds = {"binary": Answers("binary"), "enum": Answers("enum", values)}
    answers = kinds.get(data["eval_type"], Answers("number"))
    return Metric(str(data["description"]), str(data["trigger"]), answers)


def _is_labelled(case: Mapping[str, Any]) -> bool:
    return case.get("reviewer_expected") is not None


def _case(data: Mapping[str, Any]) -> Case:
    judge = data.get("judge_said")
    return Case(
        label_id=int(data["label_id"]),
        call=read_turns(str(data["conversation"])),
        judge=None if judge is None else str(judge),
        expected=str(data["reviewer_expected"]),
        note=str(data.get("reviewer_note") or ""),
    )
