"""A metric's definition as JSON: what is read, what is refused, and back again."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import BadDefinition
from core.metrics import definition_json, read_definition, read_eval_settings
from core.terms import Definition, EvalSettings, EvalType, MetricType, Trigger, TriggerKind

WHOLE: dict[str, Any] = {
    "type": "llm_judge",
    "eval_type": "binary",
    "description": "Did it end well?",
    "evaluation_trigger": {"kind": "prompt", "text": "It is a complaint."},
    "enum_values": [],
    "model": None,
    "tolerance": 0,
}


def test_a_whole_definition_is_read() -> None:
    trigger = Trigger(TriggerKind.PROMPT, "It is a complaint.")
    assert read_definition(WHOLE) == Definition("Did it end well?", trigger)


def test_a_description_alone_will_do() -> None:
    assert read_definition({"description": "Hm?"}) == Definition("Hm?")


@pytest.mark.parametrize("always", ["always", {"kind": "always"}, {"kind": "always", "text": "left over"}])
def test_a_trigger_that_is_always_on_has_no_text(always: object) -> None:
    assert read_definition({"description": "Hm?", "evaluation_trigger": always}).trigger == Trigger()


@pytest.mark.parametrize(
    "definition",
    [
        Definition("Hm?"),
        Definition("Line\nbreak “and” ü", Trigger(TriggerKind.CODE, "def applies(call): ...")),
        Definition("", type=MetricType.CUSTOM_CODE, custom_code="def judge(call): ..."),
    ],
)
def test_what_is_written_is_read_as_it_was(definition: Definition) -> None:
    read = read_definition(definition_json(definition))
    assert read == definition
    assert read.digest() == definition.digest()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"description": " "}, "needs a description"),
        ({"description": 5}, "is a text"),
        ({"description": "x" * 100_001}, "longer than"),
        ({"descripton": "typo"}, "unknown fields: descripton"),
        ({"type": "magic"}, "“magic” is no type"),
        ({"type": "custom_code"}, "needs custom_code"),
        ({"evaluation_trigger": "sometimes"}, "“sometimes” is no"),
        ({"evaluation_trigger": {"kind": "prompt", "text": " "}}, "needs a text"),
        ({"evaluation_trigger": ["always"]}, "kind and text"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(BadDefinition, match=says):
        read_definition(WHOLE | changed)


def test_line_ends_are_those_of_unix_and_nul_is_replaced() -> None:
    assert read_definition({"description": "a\r\nb\x00"}).description == "a\nb\ufffd"


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        ({}, EvalSettings()),
        ({"eval_type": "rating", "tolerance": 0.5}, EvalSettings(EvalType.RATING, (), 0.5)),
        ({"eval_type": "binary", "tolerance": 0.5, "enum_values": ["a"]}, EvalSettings()),
        (
            {"eval_type": "enum", "enum_values": [" calm ", "angry"]},
            EvalSettings(EvalType.ENUM, ("calm", "angry")),
        ),
    ],
)
def test_eval_settings_are_read(data: dict[str, Any], settings: EvalSettings) -> None:
    assert read_eval_settings(data) == settings


@pytest.mark.parametrize(
    "data",
    [
        {"eval_type": "stars"},
        {"eval_type": "enum"},
        {"eval_type": "enum", "enum_values": ["one"]},
        {"eval_type": "enum", "enum_values": ["a", "A"]},
        {"eval_type": "enum", "enum_values": ["a", "n/a"]},
        {"eval_type": "enum", "enum_values": ["a", ""]},
        {"eval_type": "enum", "enum_values": "ab"},
        {"eval_type": "enum", "enum_values": [str(number) for number in range(51)]},
        {"eval_type": "numeric", "tolerance": -1},
        {"eval_type": "numeric", "tolerance": True},
        {"eval_type": "numeric", "tolerance": "much"},
        {"eval_type": "numeric", "tolerance": float("nan")},
        {"eval_type": "numeric", "tolerance": float("inf")},
    ],
)
def test_eval_settings_that_make_no_sense_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read_eval_settings(data)
