from __future__ import annotations

import pytest

from core.errors import AnswerUnreadable
from core.llm.answer import object_in, storable


@pytest.mark.parametrize(
    "text",
    [
        '{"value": true}',
        '  {"value": true}\n',
        '```json\n{"value": true}\n```',
        'Here is my verdict:\n{"value": true}\nI hope that helps.',
        '<think>{"value": false}? No.</think>{"value": true}',
    ],
)
def test_a_single_object_is_found_whatever_stands_around_it(text: str) -> None:
    assert object_in(text) == {"value": True}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("I would say yes.", "no JSON object"),
        ("[true]", "no JSON object"),
        ('{"value": true} or {"value": false}', "not valid"),
        ('{"value": true, "value": false}', "not valid"),
        ('{"value": NaN}', "not valid"),
        ('{"rules": [{"text": "a"}, {"text": "b', "not valid"),
        ('{"value": tr', "no JSON object"),
        ('{"value": ' + "[" * 100_000 + "}", "not valid"),
        ('{"value": ' + "1" * 5_000 + "}", "not valid"),
    ],
)
def test_anything_else_is_unreadable_and_says_why(text: str, reason: str) -> None:
    with pytest.raises(AnswerUnreadable, match=reason):
        object_in(text)


def test_strings_come_without_what_a_database_refuses() -> None:
    found = object_in('{"a": "one\\u0000two", "b": ["\\ud800x"], "c": {"\\u0000k": "ok ☎"}}')
    assert found == {"a": "onetwo", "b": ["?x"], "c": {"k": "ok ☎"}}


def test_ordinary_text_is_storable_as_it_is() -> None:
    assert storable("Grüße ☎ 電話 😀") == "Grüße ☎ 電話 😀"
