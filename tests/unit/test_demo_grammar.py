"""The demo judge's grammar: what its sentences mean and what is no sentence of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.model.answers import Answers, Value
from demo.model.conversation import read_turns
from demo.model.rules import rulebook
from demo.model.triggers import trigger_rules

BINARY = Answers("binary")
MOOD = Answers("enum", ("calm", "frustrated", "very happy"))
RATING = Answers("number", middle=2.5)
README = (Path(__file__).parents[2] / "demo" / "README.md").read_text(encoding="utf-8")


def answer(definition: str, call: str, answers: Answers = BINARY) -> Value:
    """What the rules of a definition give for a call written as `agent: …` lines."""
    book = rulebook(definition, answers)
    conversation = read_turns(numbered(call))
    for rule in book.rules:
        if rule.condition.holds(conversation):
            return rule.value
    return book.left_over(answers)


def numbered(call: str) -> str:
    return "\n".join(f"[{number}] {line}" for number, line in enumerate(call.split(" / "), 1))


def listed(tag: str) -> list[str]:
    block = re.search(rf"```{tag}\n(.*?)```", README, re.DOTALL)
    assert block is not None
    return block[1].strip().split("\n")


@pytest.mark.parametrize("sentence", listed("rules"))
def test_every_rule_of_the_readme_is_recognised(sentence: str) -> None:
    book = rulebook(sentence, BINARY)
    assert len(book.rules) + (book.stated is not None) == 1


@pytest.mark.parametrize("sentence", listed("prose"))
def test_what_the_readme_calls_prose_is_no_rule(sentence: str) -> None:
    book = rulebook(sentence, BINARY)
    assert not book.rules
    assert book.stated is None


@pytest.mark.parametrize("sentence", listed("triggers"))
def test_every_trigger_of_the_readme_is_recognised(sentence: str) -> None:
    assert len(trigger_rules(sentence).clauses) == 1


CATALOGUE = [
    # definition, a call that fails by it, a call that passes
    ('Pass when the agent says "thanks".', "agent: Bye.", "agent: Many thanks!"),
    ('Fail if the agent never says "goodbye".', "agent: Hello.", "agent: Goodbye!"),
    ('Fail if the agent never says "goodbye".', "user: Goodbye!", "agent: Goodbye!"),
    ("Fail when the caller mentions ‘don’t know’.", "user: I DON'T know", "user: I know"),
    ('If the user mentions "a", "b" or "c", then fail.', "user: b", "user: d"),
    ('Fail when the agent says "a" and "b".', "agent: a / agent: b", "agent: a"),
    ('Fail when the agent says words like "a" and "b".', "agent: b", "agent: c"),
    ('Fail when the agent says neither "a" nor "b".', "agent: c", "agent: b"),
    ('Fail when the agent says "a" but not "b".', "agent: a", "agent: a, b"),
    ('Fail unless the agent says "a".', "agent: b", "agent: a"),
    ('Pass unless the agent says "a".', "agent: a", "agent: b"),
    ('Pass only if the agent says "a".', "agent: b", "agent: a"),
    ('Fail only if the agent says "a".', "agent: a", "agent: b"),
    ('Pass if and only if the agent says "a".', "agent: b", "agent: a"),
    ('Fail when nobody says "a".', "agent: b", "user: a"),
    ('Fail when the agent or the user says "a".', "user: a", "agent: b"),
    ('Fail when the user says "a" or the agent says "b".', "agent: b", "user: b"),
    ('Fail when the user says "a", or when the agent says "b".', "agent: b", "user: b"),
    ('Fail when the user says "a" and does not say "b".', "user: a / agent: b", "user: a b"),
    ('Fail when the user says "a" unless the agent says "b".', "user: a", "user: a / agent: b"),
    ('If the user says "a", fail, unless the agent says "b".', "user: a", "user: a / agent: b"),
    ('Fail when "a" is never mentioned.', "user: b", "agent: a"),
    ('Fail when "a" is mentioned by the user.', "user: a", "agent: a"),
    ('Fail when there is no mention of "a" by the agent.', "user: a", "agent: a"),
    ('Fail when both "a" and "b" are said by the agent.', "agent: a b", "agent: a"),
    ('Fail when the tool result contains "error".', "tool result: error", "agent: error"),
    ('Fail when the agent says "a" twice.', "agent: a / agent: A", "agent: a"),
    ('Fail when the agent says "a" more than 2 times.', "agent: a a a", "agent: a a"),
    ('Fail when the agent says "a" fewer than two times.', "agent: a", "agent: a a"),
    ('Fail if the agent says "a" in the last 2 turns.', "agent: a / user: b", "agent: a / user: b / user: c"),
    (
        'Fail if the agent says "a" in its last 2 turns.',
        "agent: a / user: b / user: c",
        "agent: a / agent: b / agent: c",
    ),
    ('Fail if the agent\'s first message does not contain "a".', "agent: b / agent: a", "user: b / agent: a"),
    (
        'Fail when the user says "a" at the end of the call.',
        "user: b / user: a",
        "user: a / user: b / user: b",
    ),
    ('Fail when the agent says "a" after the user says "b".', "user: b / agent: a", "agent: a / user: b"),
    ('Fail when the agent says "a" after saying "b".', "agent: b a", "agent: a b"),
    ('Fail when the agent says "a" before the user says "b".', "agent: a / user: b", "agent: a"),
    ('Fail when, after the user says "b", the agent never says "a".', "agent: a / user: b", "agent: c"),
    (
        'Fail when the agent says "a" right after the user says "b".',
        "user: b / agent: a",
        "user: b / agent: c / agent: a",
    ),
    ("Fail when the call has fewer than 3 turns.", "user: a / agent: b", "user: a / agent: b / user: c"),
    ('The agent must say "a".', "agent: b", "agent: a"),
    ('The agent should never say "a".', "agent: a", "agent: b"),
    ('When the user says "b", the agent must say "a".', "user: b", "agent: c"),
    ('The agent must say "a" when the user says "b".', "user: b", "agent: c"),
    ('The agent must say "a" after the user says "b".', "agent: a / user: b", "agent: c"),
    ('Fail when the agent says "call ... back".', "agent: call you right back", "agent: call"),
    ('Fail when the agent says "cancel*".', "agent: cancelling it", "agent: scancel"),
    ('The agent fails if it never says "a".', "user: a", "agent: a"),
    ('Exception: fail when the agent says "a".\nPass when the agent says "b".', "agent: a b", "agent: b"),
    ('Pass when the agent says "b". But fail when the agent says "a".', "agent: a b", "agent: b"),
    ('Fail when the agent says "a". Except when the user says "b".', "agent: a", "agent: a / user: b"),
    ('Fail if any of these holds:\n- the user says "a"\n- the user says "b"', "user: b", "user: c"),
    (
        'Fail if all of these hold:\n- the user says "a"\n- the agent says "b"',
        "user: a / agent: b",
        "user: a",
    ),
    ('Fail when the agent says any of:\n1. "a"\n2. "b"', "agent: b", "user: b"),
    ('## Fail\n- The agent says "a".', "agent: a", "agent: b"),
    ('the user says "a" → fail', "user: a", "user: b"),
    ('Fail when the agent says "a",\n  or "b".', "agent: b", "agent: c"),
    ('Fail when the agent says "a" (never promise it).', "agent: a", "agent: b"),
    ('Otherwise fail. Pass when the agent says "a".', "agent: b", "agent: a"),
    ('Return false when the agent says "thanks." Pass otherwise.', "agent: thanks", "agent: b"),
]


@pytest.mark.parametrize(("definition", "failing", "passing"), CATALOGUE)
def test_a_rule_means_what_it_says(definition: str, failing: str, passing: str) -> None:
    assert (answer(definition, failing), answer(definition, passing)) == (False, True)


@pytest.mark.parametrize(
    "definition",
    [
        'Answer frustrated when the user says "useless".',
        '"frustrated": the user says "useless"',
        'If the user says "useless", mark the call as frustrated.',
        'Choose "Frustrated" if the user says "useless".',
        'Very happy when the user says "lovely".\nFrustrated if the user:\n- says "useless"',
    ],
)
def test_values_of_an_enum_are_recognised_as_the_metric_spells_them(definition: str) -> None:
    assert answer(definition, "user: This is useless!", MOOD) == "frustrated"
    assert answer(definition, "user: Fine.", MOOD) == "calm"


@pytest.mark.parametrize("definition", ['Score 2 when the agent says "a".', '2: the agent says "a"'])
def test_numbers_are_values_of_a_rating(definition: str) -> None:
    assert answer(definition, "agent: a", RATING) == 2.0
    assert answer(definition, "agent: b", RATING) == 2.5


def test_the_first_rule_that_holds_decides() -> None:
    definition = 'Fail when the agent says "a". Pass when the agent says "b".'
    assert answer(definition, "agent: b a") is False
    assert answer(definition, "agent: b") is True


def test_one_item_that_is_not_understood_spoils_a_list_of_which_all_must_hold() -> None:
    assert not rulebook('Fail if all of these hold:\n- the user says "a"\n- it is rude', BINARY).rules


def test_a_heading_governs_its_own_list_only() -> None:
    book = rulebook(
        'Fail if any of these holds:\n- the user says "a"\n\nNotes follow.\n- the user says "b"', BINARY
    )
    assert len(book.rules) == 1


def test_an_exception_to_a_sentence_that_was_not_understood_changes_no_other_rule() -> None:
    text = 'Fail when the agent says "a". Fail when it is rude. Except when the user says "b".'
    assert answer(text, "agent: a / user: b") is False


def test_what_an_agent_should_answer_is_not_what_the_judge_answers() -> None:
    for text in (
        'The agent should say "no" when the user says "a".',
        'The agent must reply "yes" if the user says "a".',
    ):
        assert all(rule.value is False for rule in rulebook(text, BINARY).rules)
        assert answer(text, "agent: no, yes / user: a") is True


def test_quotation_marks_hide_what_they_hold_from_the_grammar() -> None:
    book = rulebook('Fail when the agent says "pass when the user says so, otherwise fail".', BINARY)
    assert [rule.value for rule in book.rules] == [False]


def test_a_trigger_applies_where_one_clause_holds_and_none_excludes_the_call() -> None:
    rules = trigger_rules(
        'The user says "cancel". Or the user says "move". Not when the agent says "voicemail".'
    )
    decided = [
        rules.decide(read_turns(numbered(call)))[0]
        for call in ("user: cancel", "user: move", "user: hello", "user: cancel / agent: voicemail")
    ]
    assert decided == [True, True, False, False]


@given(
    st.text(alphabet=st.sampled_from("aAf \"“”'’.,:;-*#()\n→>1/{}<é"), max_size=200) | st.text(max_size=200)
)
def test_no_text_makes_the_reader_fail(text: str) -> None:
    for answers in (BINARY, MOOD, RATING):
        rulebook(text, answers)
    trigger_rules(text)


@pytest.mark.parametrize(
    "piece", ["(", " ", "the ", "answer the ", '"', "'a'b", 'when the user says "a", ', "- "]
)
def test_long_and_odd_definitions_are_read_in_linear_time(piece: str) -> None:
    rulebook(piece * (60_000 // len(piece)), BINARY)
