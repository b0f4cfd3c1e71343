from __future__ import annotations

from core.llm.dialect import AnswerFormat, Dialect
from core.llm.request import Request

REQUEST = Request("verdict", "s", "u", {"type": "object"}, max_output_tokens=77)


def test_an_endpoint_is_first_asked_with_a_strict_schema() -> None:
    body = Dialect().body("m", [], REQUEST, 0.0)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": {"type": "object"}},
    }
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 77, 0.0)


def test_a_refused_format_leads_to_the_next_weaker_one_and_then_to_none() -> None:
    weaker = Dialect().simpler("response_format json_schema is not supported")
    assert weaker is not None
    assert weaker.body("m", [], REQUEST, 0.0)["response_format"] == {"type": "json_object"}
    plain = weaker.simpler("unknown field response_format")
    assert plain is not None
    assert "response_format" not in plain.body("m", [], REQUEST, 0.0)
    assert plain.simpler("unknown field response_format") is None


def test_a_model_that_wants_the_newer_length_field_gets_it() -> None:
    newer = Dialect().simpler("'max_tokens' is not supported, use 'max_completion_tokens' instead")
    assert newer is not None
    body = newer.body("m", [], REQUEST, 0.0)
    assert body["max_completion_tokens"] == 77
    assert "max_tokens" not in body
    assert newer.answer_format is AnswerFormat.JSON_SCHEMA


def test_a_model_that_refuses_a_temperature_gets_none() -> None:
    without = Dialect().simpler("'temperature' does not support 0 with this model")
    assert without is not None
    assert "temperature" not in without.body("m", [], REQUEST, 0.0)


def test_a_complaint_about_something_else_changes_nothing() -> None:
    assert Dialect().simpler("messages must not be empty") is None
    assert Dialect().simpler("") is None
