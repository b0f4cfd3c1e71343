"""From disagreements and notes to rules that cite the labels they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import AnswerUnreadable
from core.optimiser.case import Case, Writing
from core.optimiser.contract import forbidden
from core.optimiser.copying import Shown
from core.optimiser.examples import Batch
from core.optimiser.requests import Example, distil_request
from core.terms import Definition, Rule

MOST_RULES = 24
MOST_RULE_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Lesson:
    """The rules that labels taught, what the writer was shown for them, and what was wrong with others."""

    rules: list[Rule]
    shown: Shown
    examples: list[Example]
    """Those of the disagreements and agreements in turn, as far as there are of both."""
    refused: tuple[str, ...] = ()


def distil(
    case: Case, definition: Definition, batches: Sequence[Batch], writer: Writing, known: Sequence[Rule] = ()
) -> Lesson:
    """Rules that would mend a definition, one writer call a batch; `known` are those there are already."""
    requests = [
        distil_request(definition, case.settings, batch.to_learn, batch.to_keep, known) for batch in batches
    ]
    seen = [example for batch in batches for example in batch.in_turn()]
    answers = writer.ask_all(requests, rules_reader({example.label_id for example in seen}))
    return _lesson(definition, [rule for rules in answers if rules for rule in rules], seen)


def overlooked(rules: Sequence[Rule], batches: Sequence[Batch]) -> list[int]:
    """Label ids of noted disagreements that no rule rests on: what a writer missed in a long request."""
    cited = {label_id for rule in rules for label_id in rule.label_ids}
    return [
        example.label_id
        for batch in batches
        for example in batch.to_learn
        if example.note and example.expected is not None and example.label_id not in cited
    ]


def rules_reader(known_ids: set[int]) -> Callable[[Mapping[str, Any]], list[Rule]]:
    """A reader of the distilling answer. A rule that cites no label it was shown is dropped."""

    def read(answer: Mapping[str, Any]) -> list[Rule]:
        rules = answer.get("rules")
        if not isinstance(rules, list):
            raise AnswerUnreadable("The writer's answer has no list of rules.")
        return [rule for item in rules if (rule := _rule(item, known_ids)) is not None]

    return read


def merged(*lists: Sequence[Rule]) -> list[Rule]:
    """Each rule once, with the labels of all its mentions."""
    by_text: dict[str, Rule] = {}
    for rule in (each for rules in lists for each in rules):
        same = by_text.get(rule.text.casefold())
        ids = (*same.label_ids, *rule.label_ids) if same else rule.label_ids
        by_text[rule.text.casefold()] = Rule(rule.text, tuple(dict.fromkeys(ids)))
    return list(by_text.values())


def _rule(item: Any, known_ids: set[int]) -> Rule | None:
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        raise AnswerUnreadable("A rule in the writer's answer has no text.")
    ids = item.get("label_ids")
    cited = tuple(
        dict.fromkeys(
            number
            for number in (ids if isinstance(ids, list) else [])
            if isinstance(number, int) and number in known_ids
        )
    )
    text = " ".join(item["text"].split())[:MOST_RULE_CHARACTERS]
    return Rule(text, cited) if text and cited else None


def by_weight(rules: Sequence[Rule]) -> list[Rule]:
    """Those on most labels first, as many as a prompt can hold."""
    return sorted(rules, key=lambda rule: -len(rule.label_ids))[:MOST_RULES]


def _lesson(definition: Definition, found: Sequence[Rule], seen: list[Example]) -> Lesson:
    """Those on most labels first; none that copies out of a conversation or gives orders to the judge."""
    shown = Shown((example.text for example in seen), (example.note for example in seen))
    known = f"{definition.description}\n{definition.trigger.text}"
    kept: list[Rule] = []
    refused: list[str] = []
    for rule in merged(found):
        against = forbidden(rule.text, known) or shown.copied(rule.text, known)
        if against:
            refused.append(against)
        else:
            kept.append(rule)
    return Lesson(by_weight(kept), shown, seen, tuple(dict.fromkeys(refused)))
