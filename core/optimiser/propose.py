"""From rules to proposals, and from proposals to those that may be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.errors import AnswerUnreadable
from core.llm.request import Request
from core.optimiser.case import Case
from core.optimiser.checks import max_characters, objection
from core.optimiser.contract import forbidden
from core.optimiser.copying import Shown
from core.optimiser.requests import propose_request
from core.terms import (
    NOT_APPLICABLE,
    Candidate,
    Definition,
    MetricType,
    Rule,
    Trigger,
    TriggerKind,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A request for a rewrite: what to start from, the rules to work in, and the manner.

    `rests_on` are all the rules that the rewrite will follow, those of its starting point included.
    """

    start: Definition
    rules: tuple[Rule, ...]
    manner: str
    rests_on: tuple[Rule, ...] = ()

    def request(self, case: Case, *, may_change_trigger: bool) -> Request:
        return propose_request(
            self.start,
            case.settings,
            self.rules,
            self.manner,
            max_characters=max_characters(case.definition.description),
            may_change_trigger=may_change_trigger,
        )

    def candidate(self, answer: ProposalAnswer, *, may_change_trigger: bool) -> Candidate:
        definition = replace(
            as_prompt(self.start),
            description=answer.description,
            trigger=_trigger(self.start, answer.trigger) if may_change_trigger else self.start.trigger,
        )
        return Candidate(definition, self.rests_on or self.rules, answer.summary)


@dataclass(frozen=True, slots=True)
class ProposalAnswer:
    """What the writer answered to a proposal."""

    description: str
    trigger: str
    summary: str


def may_change_trigger(case: Case, verdicts: Mapping[int, Verdict]) -> bool:
    """A trigger is only rewritten where labels say something about it.

    They do where some are N/A, and where a call has a value although the trigger left it out.
    """
    labels_say_so = any(row.expected == NOT_APPLICABLE for row in case.labelled)
    if case.definition.trigger.kind is TriggerKind.ALWAYS:
        return labels_say_so
    contradicted = [
        row
        for row in case.labelled
        if (verdict := verdicts.get(row.review_id)) is not None
        and (row.expected == NOT_APPLICABLE) != (verdict.value == NOT_APPLICABLE)
        and verdict.value is not None
    ]
    if case.definition.trigger.kind is TriggerKind.CODE:
        return bool(contradicted)
    return labels_say_so or bool(contradicted)


def admissible(
    case: Case, candidates: Sequence[Candidate], shown: Shown
) -> tuple[list[Candidate], list[str]]:
    """The candidates that pass the checks, each definition once, and the objections to the others."""
    kept: dict[str, Candidate] = {}
    objections: list[str] = []
    for candidate in candidates:
        against = objection(case.definition, candidate.definition, case.settings, shown)
        if against:
            objections.append(against)
        else:
            kept.setdefault(candidate.definition.digest(), _with_safe_summary(case, candidate, shown))
    return list(kept.values()), objections


def read_proposal(answer: Mapping[str, Any]) -> ProposalAnswer:
    """Description, trigger text and summary of a proposing answer. Raises AnswerUnreadable."""
    fields = [answer.get(name) for name in ("description", "trigger", "summary")]
    if not all(isinstance(field, str) for field in fields) or not str(fields[0]).strip():
        raise AnswerUnreadable("The writer's answer lacks a description, trigger or summary.")
    description, trigger, summary = (str(field).replace("\r\n", "\n").strip() for field in fields)
    return ProposalAnswer(description, trigger, " ".join(summary.split())[:600])


def as_prompt(definition: Definition) -> Definition:
    """The definition as a prompt for a judge; of code that means its last prompt."""
    return replace(definition, type=MetricType.LLM_JUDGE, custom_code="")


def _with_safe_summary(case: Case, candidate: Candidate, shown: Shown) -> Candidate:
    """The summary goes into mails and version histories, so it may not copy out of calls either."""
    known = f"{case.definition.description}\n{case.definition.trigger.text}"
    against = shown.copied(candidate.summary, known) or forbidden(candidate.summary, known)
    return replace(candidate, summary="") if against else candidate


def _trigger(before: Definition, text: str) -> Trigger:
    if text == before.trigger.text:
        return before.trigger
    return Trigger(TriggerKind.PROMPT, text) if text else Trigger()
