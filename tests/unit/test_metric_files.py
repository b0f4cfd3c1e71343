"""A metric as a JSON file: what is written is what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadDefinition
from core.metrics import (
    MetricDetails,
    MetricSettings,
    file_name,
    metric_file,
    metric_json,
    read_metric,
    read_metric_file,
)
from core.terms import Definition, EvalSettings, EvalType, MetricType, Trigger, TriggerKind

POLITE = MetricDetails(
    id=7,
    project_id=1,
    name="Polite",
    definition=Definition("Was it polite?"),
    settings=EvalSettings(),
    model=None,
    critical=False,
    version=3,
    revision=4,
    waiting_proposal=9,
)
TEXTS = st.text(min_size=1, max_size=60).filter(
    lambda text: text.strip() and "\x00" not in text and "\r" not in text and text.isprintable()
)
TRIGGERS = st.one_of(st.just(Trigger()), st.builds(Trigger, st.just(TriggerKind.PROMPT), TEXTS))
SETTINGS = st.one_of(
    st.just(EvalSettings()),
    st.builds(EvalSettings, st.just(EvalType.RATING), st.just(()), st.floats(0, 5)),
    st.just(EvalSettings(EvalType.ENUM, ("calm", "très fâché", "😀"))),
)


@given(TEXTS, TEXTS, TRIGGERS, SETTINGS, st.none() | st.just("big"), st.booleans())
def test_what_is_exported_is_what_is_imported(
    name: str, description: str, trigger: Trigger, settings: EvalSettings, model: str | None, critical: bool
) -> None:
    metric = replace(
        POLITE,
        name=name.strip(),
        definition=Definition(description, trigger),
        settings=settings,
        model=model,
        critical=critical,
    )
    found = read_metric_file(metric_file(metric).encode())
    assert found.definition == metric.definition
    assert found.rest == MetricSettings(metric.name, settings, model, critical)


def test_code_goes_out_and_in_again() -> None:
    code = Definition(
        "", Trigger(TriggerKind.CODE, "_result = 1"), MetricType.CUSTOM_CODE, "x = '…'\n_result = x"
    )
    found = read_metric_file(metric_file(replace(POLITE, definition=code)).encode())
    assert found.definition == code


def test_a_file_holds_nothing_of_where_it_came_from() -> None:
    assert set(metric_json(POLITE)) == {
        "name",
        "type",
        "description",
        "evaluation_trigger",
        "custom_code",
        "eval_type",
        "enum_values",
        "tolerance",
        "model",
        "critical",
    }


def test_the_shortest_file_is_a_description() -> None:
    found = read_metric({"description": "Was it polite?"})
    assert found.definition == Definition("Was it polite?")
    assert found.rest == MetricSettings("", EvalSettings())


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_metric_file(b'\xef\xbb\xbf{"description": "Hm?"}').definition == Definition("Hm?")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "does not hold a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b'"' + b"x" * 1_000_001 + b'"', "at most 1 MB"),
        (b'{"description": "Hm?", "critical": "yes"}', "critical is true or false"),
        (b'{"description": "Hm?", "model": 7}', "model is a text"),
        (b'{"description": "Hm?", "name": ["x"]}', "name is a text"),
        (b'{"description": "Hm?", "model": "a\\nb"}', "name of a model"),
        (b'{"description": "Hm?", "owner": "me"}', "unknown fields: owner"),
        (b'{"description": 7}', "description is a text"),
        (b'{"type": "custom_code", "custom_code": "if"}', "line 1"),
        (b'{"description": "Hm?", "eval_type": "enum"}', "2 to 50"),
    ],
)
def test_what_is_no_metric_is_told_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadDefinition, match=said) as refused:
        read_metric_file(content)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Appointment confirmed", "appointment-confirmed.json"),
        ("../../etc/passwd", "etc-passwd.json"),
        ('<b>"x"', "b-x.json"),
        ("…", "metric.json"),
        ("Höflich", "höflich.json"),
        ("a" * 200, "a" * 80 + ".json"),
    ],
)
def test_a_file_has_a_name_that_any_system_takes(name: str, file: str) -> None:
    assert file_name(replace(POLITE, name=name)) == file


def test_the_text_is_for_people_too() -> None:
    text = metric_file(replace(POLITE, definition=Definition("Höflich?\nJa.")))
    assert "Höflich" in text
    assert json.loads(text)["description"] == "Höflich?\nJa."
    indented: Any = text.splitlines()[1]
    assert indented.startswith('  "name"')
