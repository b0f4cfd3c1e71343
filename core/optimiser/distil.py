"""From disagreements and notes to rules that cite the labels they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.errors import AnswerUnreadable
from core.llm.request import Request
from core.optimiser.case import Case, Transcripts, Writing
from core.optimiser.checks import copied
from core.optimiser.examples import batches, characters_each, examples
from core.optimiser.requests import Example, distil_request
from core.terms import LabelledRow, Rule, Verdict

MOST_RULES = 24
MOST_RULE_CHARACTERS = 400


def distil(
    case: Case,
    verdicts: Mapping[int, Verdict],
    rows: Sequence[LabelledRow],
    writer: Writing,
    transcripts: Transcripts,
) -> tuple[list[Rule], list[Example]]:
    """Rules from one to four writer calls, and the examples the writer was shown."""
    requests: list[Request] = []
    shown: list[Example] = []
    for wrong, right in batches(case, verdicts, rows):
        length = characters_each(len(wrong) + len(right))
        to_learn = examples(wrong, verdicts, transcripts, length)
        to_keep = examples(right, verdicts, transcripts, length)
        shown += [*to_learn, *to_keep]
        requests.append(distil_request(case.definition, case.settings, to_learn, to_keep))
    known_ids = {example.label_id for example in shown}
    answers = writer.ask_all(requests, rules_reader(known_ids))
    found = [rule for rules in answers if rules for rule in rules]
    return _kept(case, found, shown), shown


def rules_reader(known_ids: set[int]) -> Callable[[Mapping[str, Any]], list[Rule]]:
    """A reader of the distilling answer. A rule that cites no label it was shown is dropped."""

    def read(answer: Mapping[str, Any]) -> list[Rule]:
        rules = answer.get("rules")
        if not isinstance(rules, list):
            raise AnswerUnreadable("The writer's answer has no list of rules.")
        return [rule for item in rules if (rule := _rule(item, known_ids)) is not None]

    return read


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


def _kept(case: Case, rules: Sequence[Rule], shown: Sequence[Example]) -> list[Rule]:
    """Each rule once, those on most labels first, none that copies out of a conversation."""
    known = "\n".join([case.definition.description, *(example.note for example in shown)])
    conversations = [example.conversation for example in shown]
    by_text: dict[str, Rule] = {}
    for rule in rules:
        same = by_text.get(rule.text.casefold())
        ids = (*same.label_ids, *rule.label_ids) if same else rule.label_ids
        by_text[rule.text.casefold()] = Rule(rule.text, tuple(dict.fromkeys(ids)))
    safe = [rule for rule in by_text.values() if not copied(rule.text, known, conversations)]
    return sorted(safe, key=lambda rule: -len(rule.label_ids))[:MOST_RULES]
