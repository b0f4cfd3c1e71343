"""A metric as a script, where every sentence of it is understood and nothing is left to a judge.

A metric that asks something in prose is more than its rules, so it is left to a model: the answer is then
no script. What it writes decides exactly as its own judge does.
"""

from __future__ import annotations

import re
from typing import Any

from demo.model.answers import NO, NOT_APPLICABLE, YES, Answers, Value
from demo.model.cases import Metric, ScriptQuestion
from demo.model.conditions import AllOf, AnyOf, Condition, Count, Not, Says, Turns
from demo.model.layout import EXCEPTIONS, RULES
from demo.model.masking import plain
from demo.model.propose import smallest_edit
from demo.model.readings import read_sentence
from demo.model.rules import Rulebook, rulebook
from demo.model.statements import statements

HEADER = """\
import re


def words(text):
    text = re.sub("['\\u2019\\u02bc`\\u00b4]", "", text.lower())
    return " " + " ".join(re.findall("[^\\\\W_]+", text)) + " "


names = {"assistant": "agent", "user": "user", "tool": "tool result"}
turns = [(names.get(turn["role"], turn["role"]), words(turn["content"])) for turn in data["messages"]]


def said(speaker, phrases):
    listened = ("agent", "user") if speaker == "anyone" else (speaker,)
    heard = [text for who, text in turns if who in listened]
    return sum(text.startswith(one, at) for text in heard for one in phrases for at in range(len(text)))


spoken = len([who for who, text in turns if who in ("agent", "user")])
_explanation = "Decided by the metric's own rules."
"""
COMPARISONS = {"at least": ">=", "at most": "<=", "exactly": "=="}
FORM = re.compile(r"(?:please )?(?:answer|return|reply|respond)(?: only)?(?: with)?(?P<values>.*)")


class NotAScript(ValueError):
    """The metric says something that no script of this kind decides."""


def script(question: ScriptQuestion) -> dict[str, Any]:
    """The answer to a request for a script: `{"script", "trigger_script", "summary"}`."""
    metric = question.metric
    text = smallest_edit(metric, question.rules) if question.rules else metric.description
    try:
        if metric.trigger.strip():
            raise NotAScript
        _understood(text, metric)
        written = _written(rulebook(text, metric.answers), metric.answers)
    except NotAScript:
        return {"script": "", "trigger_script": "", "summary": "The metric asks for more than wording."}
    return {"script": written, "trigger_script": "", "summary": "Wording alone decides, so code does."}


def _understood(text: str, metric: Metric) -> None:
    """Raise NotAScript unless every sentence is a rule or says which values there are."""
    for statement in statements(text):
        sentence = plain(statement.sentence)
        known = statement.sentence.unmasked().strip() in (RULES, EXCEPTIONS)
        if not (known or read_sentence(sentence, metric.answers) or _form(sentence.text, metric.answers)):
            raise NotAScript


def _form(sentence: str, answers: Answers) -> bool:
    """Whether a sentence only says which values there are, in whichever words."""
    found = FORM.fullmatch(sentence)
    if found is None:
        return False
    if answers.kind == "binary":
        words = set(re.findall(r"\w+", found["values"]))
        return not words.isdisjoint(YES) and not words.isdisjoint(NO)
    return all(value.lower() in found["values"] for value in answers.spoken)


def _written(book: Rulebook, answers: Answers) -> str:
    lines = [HEADER]
    for number, rule in enumerate(book.rules):
        lines.append(f"{'elif' if number else 'if'} {_condition(rule.condition)}:")
        lines.append(f"    _result = {_value(rule.value)}")
    if not book.rules:
        raise NotAScript
    lines += ["else:", f"    _result = {_value(book.left_over(answers))}"]
    return "\n".join(lines)


def _condition(condition: Condition) -> str:
    match condition:
        case AllOf(parts):
            return "(" + " and ".join(map(_condition, parts)) + ")"
        case AnyOf(parts):
            return "(" + " or ".join(map(_condition, parts)) + ")"
        case Not(part):
            return f"not {_condition(part)}"
        case Turns(count):
            return f"(spoken {_compared(count)})"
        case Says() if condition.window is None and condition.anchor is None:
            return _says(condition)
    raise NotAScript


def _says(says: Says) -> str:
    if any(phrase.pattern for phrase in says.phrases):
        raise NotAScript
    groups = (
        [[phrase.needle] for phrase in says.phrases] if says.every else [[p.needle for p in says.phrases]]
    )
    met = " and ".join(f"said({says.speaker!r}, {group!r}) {_compared(says.count)}" for group in groups)
    return f"not ({met})" if says.negated else f"({met})"


def _compared(count: Count) -> str:
    return f"{COMPARISONS[count.comparison]} {count.n}"


def _value(value: Value) -> str:
    return "None" if value == NOT_APPLICABLE else repr(value)
