"""The first proposals: one a manner, and a script where there are labels enough to tell a good one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.llm.request import Request
from core.optimiser.plan import SCRIPT_FROM
from core.optimiser.propose import Proposal, ProposalAnswer, admissible, as_prompt, read_proposal
from core.optimiser.requests import MANNERS, Example
from core.optimiser.script_request import ScriptAnswer, read_script, script_request
from core.optimiser.search import Search
from core.optimiser.trials import Trial
from core.terms import Rule

EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class First:
    """Trials not judged yet, the writer's script if it was asked for one, and what was refused."""

    trials: list[Trial]
    script: ScriptAnswer | None
    objections: list[str]


def first_proposals(search: Search, rules: Sequence[Rule], seen: Sequence[Example]) -> First:
    """Everything is asked for at once, so that a script costs no waiting."""
    start = as_prompt(search.case.definition)
    manners = list(MANNERS) if start.description.strip() else []
    proposals = [Proposal(start, tuple(rules), manner) for manner in manners]
    may = search.may_change_trigger
    requests = [proposal.request(search.case, may_change_trigger=may) for proposal in proposals]
    requests += _script_requests(search, rules, seen)
    answers = search.writer.ask_all(requests, _read)
    script = next((answer for answer in answers if isinstance(answer, ScriptAnswer)), None)
    candidates = [
        (proposal, proposal.candidate(answer, may_change_trigger=may))
        for proposal, answer in zip(proposals, answers, strict=False)
        if isinstance(answer, ProposalAnswer)
    ]
    passed, objections = admissible(search.case, [candidate for _, candidate in candidates], search.shown)
    names = {candidate.definition.digest(): proposal.manner for proposal, candidate in reversed(candidates)}
    trials = [search.trials.enter(each, names[each.definition.digest()]) for each in passed]
    return First(trials, script, objections)


def _script_requests(search: Search, rules: Sequence[Rule], seen: Sequence[Example]) -> list[Request]:
    if len(search.case.labelled) < SCRIPT_FROM:
        return []
    return [script_request(search.case.definition, search.case.settings, rules, seen[:EXAMPLES])]


def _read(answer: Mapping[str, Any]) -> ProposalAnswer | ScriptAnswer:
    return read_script(answer) if "script" in answer else read_proposal(answer)
