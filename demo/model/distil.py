"""What the labels teach: a short list of rules of the grammar, the first of which that holds decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.model.aims import APPLIES
from demo.model.answers import NOT_APPLICABLE, Answers
from demo.model.cases import Case, DistilQuestion, value_of
from demo.model.search import Finding, find
from demo.model.signs import signs_in

MOST_RULES = 6


def distil(question: DistilQuestion) -> dict[str, Any]:
    """The answer to a request for rules: `{"rules": [{"text", "label_ids"}]}`.

    A rule is looked for on the cases that no earlier rule decided, until none is left that beats chance.
    """
    signs = signs_in(question.cases)
    undecided = (1 << len(question.cases)) - 1
    rules: list[dict[str, Any]] = []
    while len(rules) < MOST_RULES and (found := find(question.cases, signs, undecided)):
        ids = _label_ids(question.cases, found.fixed)
        rules.append({"text": rule_text(found, question.metric.answers), "label_ids": ids})
        undecided &= ~found.shows
    return {"rules": rules}


def rule_text(found: Finding, answers: Answers) -> str:
    """The finding as a sentence of the grammar."""
    when = " and ".join(str(sign) for sign in found.signs)
    if found.aim.value == APPLIES:
        return f"The metric also applies when {when}."
    if found.aim.value == NOT_APPLICABLE:
        return f"The metric does not apply when {when}."
    return f"{answers.written(value_of(found.aim.value, answers))} when {when}."


def _label_ids(cases: Sequence[Case], fixed: int) -> list[int]:
    return sorted(case.label_id for number, case in enumerate(cases) if fixed >> number & 1)
