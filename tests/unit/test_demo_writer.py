"""The demo writer, asked with the product's own prompts: rules from labels, rewrites from rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.llm.request import Request
from core.optimiser.checks import max_characters, objection
from core.optimiser.copying import Shown
from core.optimiser.requests import MANNERS, Example, distil_request, propose_request
from core.terms import Definition, EvalSettings, EvalType, Rule, Trigger, TriggerKind
from demo.model.answering import read_question
from demo.model.answers import Answers
from demo.model.rules import rulebook
from demo.model.triggers import trigger_rules
from demo.model.wire import read_completion

BINARY = EvalSettings()
PROSE = Definition("Was the parcel handled well? Look at {{metadata.city}}.")
WITH_RULES = Definition(
    "Was the parcel handled well?\nBe fair to {{metadata.city}}.\n\nTone matters.\n\n"
    'Fail if any of these holds:\n- the agent says "no idea"\n- it was rude\n\n'
    'But pass when the user says "never mind".\nOtherwise the value is true.'
)
LATE = 'Fail when the user says "late".'
SORRY = 'Pass when the agent says "sorry".'


def ask(request: Request) -> dict[str, Any]:
    messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
    question = read_question(read_completion(json.dumps({"messages": messages}).encode()))
    assert question.kind == "writer"
    answer: dict[str, Any] = json.loads(question.answer())
    return answer


def case(number: int, said: str, judge: str, expected: str | None, note: str = "") -> Example:
    return Example(
        number, f"[1] agent: Swift Parcels, good morning.\n[2] user: {said}", judge, "", expected, note
    )


def rules(
    *cases: Example, settings: EvalSettings = BINARY, definition: Definition = PROSE
) -> list[dict[str, Any]]:
    wrong = [one for one in cases if one.judge != one.expected]
    right = [one for one in cases if one.judge == one.expected]
    found: list[dict[str, Any]] = ask(distil_request(definition, settings, wrong, right))["rules"]
    return found


FINE = [
    case(number, said, "true", "true")
    for number, said in enumerate(
        [
            "It came today.",
            "All good.",
            "Where is it?",
            "Thank you so much.",
            "Great, see you.",
            "The bell is broken.",
        ],
        start=90,
    )
]
"""Calls that the judge and the reviewer both pass."""


def test_words_that_notes_name_become_a_rule_that_cites_its_labels() -> None:
    found = rules(
        case(1, "I want a refund.", "true", "false", "asks for a refund"),
        case(2, "Give me the refund now.", "true", "false", "refund wanted"),
        case(3, "A refund, please.", "true", "false", "wants a refund"),
        *FINE,
    )
    assert found == [{"text": 'Fail when the user says "refund".', "label_ids": [1, 2, 3]}]


def test_one_case_alone_teaches_nothing() -> None:
    assert rules(case(1, "I want a refund.", "true", "false", "asks for a refund"), *FINE) == []


def test_one_case_is_enough_for_a_phrase_that_its_note_quotes() -> None:
    found = rules(case(1, "I will call my lawyer.", "true", "false", 'saying "my lawyer" must fail'), *FINE)
    assert found == [{"text": 'Fail when the user says "my lawyer".', "label_ids": [1]}]


def test_a_phrase_that_a_note_misses_becomes_a_rule_about_its_absence() -> None:
    wrong = [case(n, "Bye.", "true", "false", 'the user never said "it arrived"') for n in (1, 2, 3)]
    right = [case(n, "Yes, it arrived.", "true", "true") for n in range(4, 12)]
    assert rules(*wrong, *right)[0]["text"] == 'Fail when the user never says "it arrived".'


def test_a_quoted_phrase_of_more_than_four_words_is_not_used() -> None:
    note = 'must fail for "i will call my lawyer today"'
    assert rules(case(1, "I will call my lawyer today.", "true", "false", note), *FINE) == []


@pytest.mark.parametrize(
    "note", ["Miranda 4471 example org", 'it is "Miranda"', 'see "4471" at "example.org"']
)
def test_names_numbers_and_addresses_never_become_rules(note: str) -> None:
    wrong = [
        case(number, f"This is Miranda, code 4471, miranda@example.org, {said}.", "true", "false", note)
        for number, said in enumerate(["one", "two", "three", "four", "five", "six"], 1)
    ]
    texts = " ".join(rule["text"] for rule in rules(*wrong, *FINE)).lower()
    assert not [word for word in ("miranda", "4471", "example", "org") if word in texts]


def test_a_rule_that_would_break_what_is_right_is_not_written() -> None:
    wrong = [case(n, "Where is it?", "true", "false", "where is it") for n in (1, 2, 3)]
    right = [case(n, "Where is it?", "true", "true") for n in range(4, 12)]
    assert rules(*wrong, *right) == []


def test_labels_na_become_a_rule_for_the_trigger() -> None:
    wrong = [
        case(n, "Good morning.", "true", "N/A", "nothing to cancel, does not apply") for n in range(1, 8)
    ]
    right = [case(n, "Please cancel it.", "true", "true") for n in range(8, 15)]
    assert rules(*wrong, *right)[0]["text"] == 'The metric does not apply when the user never says "cancel".'


def test_values_of_an_enum_are_quoted_in_rules() -> None:
    mood = EvalSettings(EvalType.ENUM, ("calm", "very cross"))
    wrong = [case(n, "This is useless.", "calm", "very cross", "useless") for n in (1, 2, 3)]
    right = [case(n, "Thank you.", "calm", "calm") for n in range(4, 12)]
    assert (
        rules(*wrong, *right, settings=mood)[0]["text"] == 'Answer "very cross" when the user says "useless".'
    )


def test_cases_without_a_label_teach_nothing() -> None:
    assert rules(*[case(n, "A refund.", "true", None, 'fails for "refund"') for n in (1, 2, 3)], *FINE) == []


def rewrite(
    definition: Definition,
    *texts: str,
    manner: str = "smallest edit",
    most: int | None = None,
    trigger: bool = False,
) -> dict[str, Any]:
    taught = [Rule(text, (1,)) for text in texts]
    limit = max_characters(definition.description) if most is None else most
    request = propose_request(
        definition, BINARY, taught, manner, max_characters=limit, may_change_trigger=trigger
    )
    return ask(request)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("definition", [PROSE, WITH_RULES])
def test_every_manner_works_the_rules_in_and_passes_the_checks(definition: Definition, manner: str) -> None:
    answer = rewrite(definition, LATE, SORRY, manner=manner)
    assert objection(definition, Definition(answer["description"]), BINARY, Shown()) == ""
    decided = {
        (rule.value, rule.condition) for rule in rulebook(answer["description"], Answers("binary")).rules
    }
    for text in (definition.description, LATE, SORRY):
        assert {(rule.value, rule.condition) for rule in rulebook(text, Answers("binary")).rules} <= decided


def test_new_rules_come_before_those_that_stand() -> None:
    book = rulebook(rewrite(WITH_RULES, SORRY)["description"], Answers("binary"))
    assert [rule.exception for rule in book.rules] == [True, True, False]


def test_the_smallest_edit_keeps_every_word() -> None:
    assert rewrite(WITH_RULES, LATE)["description"].startswith(WITH_RULES.description)


def test_a_second_edit_goes_below_the_heading_of_the_first() -> None:
    once = rewrite(WITH_RULES, LATE)["description"]
    twice = rewrite(Definition(once), SORRY)["description"]
    assert twice.count("Exceptions, which come first:") == 1
    assert len(twice.splitlines()) == len(once.splitlines()) + 1


def test_shortened_leaves_out_what_decides_nothing() -> None:
    shortened = rewrite(WITH_RULES, LATE, manner="shortened")["description"]
    assert "Tone matters" not in shortened
    assert "{{metadata.city}}" in shortened


@pytest.mark.parametrize("manner", MANNERS)
def test_rules_that_do_not_fit_are_left_out_and_said_to_be(manner: str) -> None:
    most = len(rewrite(PROSE, LATE, manner=manner)["description"]) + 5
    answer = rewrite(PROSE, LATE, SORRY, manner=manner, most=most)
    assert len(answer["description"]) <= most
    assert LATE in answer["description"]
    assert "Left out 1" in answer["summary"]


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("texts", [(), (LATE,)])
def test_where_nothing_is_new_nothing_changes(manner: str, texts: tuple[str, ...]) -> None:
    definition = Definition(f"Was it good?\n{LATE}")
    answer = rewrite(definition, *texts, manner=manner)
    assert answer["description"] == definition.description
    assert "Nothing was changed" in answer["summary"]


def test_the_trigger_changes_only_where_it_may() -> None:
    rule = 'The metric does not apply when the user never says "cancel".'
    assert rewrite(PROSE, rule)["trigger"] == ""
    changed = rewrite(PROSE, rule, trigger=True)
    assert (changed["trigger"], changed["description"]) == (rule, PROSE.description)
    assert trigger_rules(changed["trigger"]).clauses[0].vetoes


def test_a_standing_trigger_is_kept_and_extended() -> None:
    standing = Definition("Was it good?", Trigger(TriggerKind.PROMPT, 'The user says "cancel".'))
    trigger = rewrite(standing, 'The metric also applies when the user says "move".', trigger=True)["trigger"]
    assert trigger.startswith(standing.trigger.text)
    assert [clause.vetoes for clause in trigger_rules(trigger).clauses] == [False, False]


def test_a_rule_in_words_of_its_own_is_kept_as_it_is() -> None:
    assert "- Be strict about rudeness." in rewrite(PROSE, "Be strict about rudeness.")["description"]


@pytest.mark.parametrize(
    "user", ["{}", '{"metric": 3}', '{"metric": {}, "disagreements": 1}', "[1", "{" * 5000]
)
def test_a_question_that_is_none_gets_a_plain_word_of_who_answers(user: str) -> None:
    messages = [{"role": "system", "content": "x"}, {"role": "user", "content": user}]
    question = read_question(read_completion(json.dumps({"messages": messages}).encode()))
    assert question.kind == "other"
    assert "no language model" in question.answer()
