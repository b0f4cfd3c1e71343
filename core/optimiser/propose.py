"""From rules to proposals, and from proposals to those that may be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import AnswerUnreadable
from core.optimiser.case import Case, Writing
from core.optimiser.checks import max_characters, objection
from core.optimiser.requests import MANNERS, Example, propose_request
from core.terms import (
    NOT_APPLICABLE,
    Candidate,
    Definition,
    Rule,
    Trigger,
    TriggerKind,
)


def propose(case: Case, rules: Sequence[Rule], writer: Writing) -> list[Candidate]:
    """One proposal for each manner; fewer where a call failed."""
    may_change = may_change_trigger(case)
    requests = [
        propose_request(
            case.definition,
            case.settings,
            rules,
            manner,
            max_characters=max_characters(case.definition.description),
            may_change_trigger=may_change,
        )
        for manner in MANNERS
    ]
    answers = writer.ask_all(requests, read_proposal)
    return [_candidate(case, rules, answer, may_change) for answer in answers if answer is not None]


def may_change_trigger(case: Case) -> bool:
    """A trigger is only rewritten where labels say something about it: where some are N/A."""
    return case.definition.trigger.kind is not TriggerKind.CODE and any(
        row.expected == NOT_APPLICABLE for row in case.labelled
    )


def admissible(
    case: Case, candidates: Sequence[Candidate], shown: Sequence[Example]
) -> tuple[list[Candidate], list[str]]:
    """The candidates that pass the checks, each definition once, and the objections to the others."""
    kept: dict[str, Candidate] = {}
    objections: list[str] = []
    conversations = [example.conversation for example in shown]
    notes = [example.note for example in shown]
    for candidate in candidates:
        against = objection(case.definition, candidate.definition, case.settings, conversations, notes)
        if against:
            objections.append(against)
        else:
            kept.setdefault(candidate.definition.digest(), candidate)
    return list(kept.values()), objections


def read_proposal(answer: Mapping[str, Any]) -> tuple[str, str, str]:
    """Description, trigger text and summary of a proposing answer."""
    fields = [answer.get(name) for name in ("description", "trigger", "summary")]
    if not all(isinstance(field, str) for field in fields) or not str(fields[0]).strip():
        raise AnswerUnreadable("The writer's answer lacks a description, trigger or summary.")
    description, trigger, summary = (str(field).replace("\r\n", "\n").strip() for field in fields)
    return description, trigger, summary


def _candidate(
    case: Case, rules: Sequence[Rule], answer: tuple[str, str, str], may_change: bool
) -> Candidate:
    description, trigger_text, summary = answer
    definition = replace(
        case.definition,
        description=description,
        trigger=_trigger(case.definition, trigger_text) if may_change else case.definition.trigger,
    )
    return Candidate(definition, tuple(rules), " ".join(summary.split())[:600])


def _trigger(before: Definition, text: str) -> Trigger:
    if text == before.trigger.text:
        return before.trigger
    return Trigger(TriggerKind.PROMPT, text) if text else Trigger()
