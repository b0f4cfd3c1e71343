"""The model client against a real HTTP endpoint: what it asks, and how it reads answers of every kind."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from core.errors import AnswerUnreadable
from core.llm.answer import PaidAnswerUnreadable
from core.llm.budget import Budget
from core.llm.client import CORRECTION, ModelClient
from core.llm.request import Request
from core.terms import Usage
from tests.model_asking import KEY, REQUEST, ask, make_client
from tests.model_endpoint import (
    VERDICT,
    ModelEndpoint,
    Received,
    Sent,
    answers,
    fails,
    in_turn,
    says,
    taking_only,
)
from tests.servers import free_port


def test_an_answer_is_read_and_what_it_cost_is_counted() -> None:
    budget = Budget(price_input=1.0, price_output=2.0)
    with ModelEndpoint(answers(tokens=(1_000, 500))) as endpoint:
        answer = ask(make_client(endpoint.url), budget)
    assert answer.value == VERDICT
    assert answer.usage == budget.usage == Usage(1, 1_000, 500, 0.002)


def test_the_request_holds_the_question_the_model_and_the_key() -> None:
    with ModelEndpoint() as endpoint:
        ask(make_client(endpoint.url))
    (received,) = endpoint.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.texts == ["Judge this.", "user: It was fine."]
    assert received.body["model"] == "judge-1"
    assert received.body["temperature"] == 0
    assert received.body["max_tokens"] == 100
    assert received.answer_format == "json_schema"


def test_credentials_in_the_environment_are_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-another")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-another")
    with ModelEndpoint() as endpoint:
        ask(ModelClient(endpoint.url, None, "judge-1"))
    assert "another" not in str(endpoint.received[0].headers)


def test_an_endpoint_on_this_machine_is_reached_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with ModelEndpoint() as endpoint:
        assert ask(make_client(endpoint.url)).value == VERDICT


def test_text_that_is_no_valid_unicode_is_sent_all_the_same() -> None:
    odd = Request("verdict", "s", "half a pair \ud800 and a NUL \0", {}, 10)
    with ModelEndpoint() as endpoint:
        make_client(endpoint.url).ask(odd, lambda found: found, Budget())
    assert endpoint.received[0].texts[1] == "half a pair ? and a NUL "


# How the endpoint wants to be asked


@pytest.mark.parametrize(
    ("formats", "asked"),
    [
        (["json_object", "plain"], ["json_schema", "json_object", "json_object"]),
        (["plain"], ["json_schema", "json_object", "plain", "plain"]),
    ],
)
def test_a_refused_answer_format_is_replaced_by_a_weaker_one_and_remembered(
    formats: list[str], asked: list[str]
) -> None:
    budget = Budget()
    with ModelEndpoint(taking_only(*formats)) as endpoint:
        client = make_client(endpoint.url)
        ask(client, budget)
        ask(client, budget)
    assert [received.answer_format for received in endpoint.received] == asked
    assert budget.usage.calls == 2


def test_threads_that_meet_a_refused_format_together_all_get_their_answer() -> None:
    found: list[dict[str, Any]] = []
    with ModelEndpoint(taking_only("plain")) as endpoint:
        client = make_client(endpoint.url)
        threads = [threading.Thread(target=lambda: found.append(ask(client).value)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [VERDICT] * 16


def test_a_model_that_wants_other_fields_gets_them() -> None:
    def script(received: Received) -> Sent:
        if "max_tokens" in received.body:
            return fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in received.body:
            return fails(400, "'temperature' does not support 0 with this model.")
        return answers()

    with ModelEndpoint(script) as endpoint:
        assert ask(make_client(endpoint.url)).value == VERDICT
    assert endpoint.received[-1].body["max_completion_tokens"] == 100
    assert endpoint.received[-1].answer_format == "json_schema"


# Answers that cannot be used


@pytest.mark.parametrize(
    "unusable",
    [
        says("I would rather not say."),
        says('{"explanation": "cut of'),
        says(""),
        says(None),
        says('{"value": true}', finish="length"),
        says(None, refusal="I can't help with that."),
        says(None, finish="content_filter"),
    ],
)
def test_an_unusable_answer_is_asked_for_once_more(unusable: Sent) -> None:
    budget = Budget()
    with ModelEndpoint(in_turn(unusable, answers())) as endpoint:
        answer = ask(make_client(endpoint.url), budget)
    assert answer.value == VERDICT
    assert answer.usage == budget.usage == Usage(2, 200, 20)
    roles = [message["role"] for message in endpoint.received[1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert endpoint.received[1].texts[3] == CORRECTION
    assert all(endpoint.received[1].texts)


def test_an_answer_that_stays_unusable_is_an_error_that_carries_what_was_paid() -> None:
    with ModelEndpoint(says("Maybe \0.")) as endpoint, pytest.raises(PaidAnswerUnreadable) as caught:
        ask(make_client(endpoint.url))
    assert len(endpoint.received) == 2
    assert caught.value.text == "Maybe ."
    assert caught.value.usage == Usage(2, 200, 20)


def test_a_value_that_the_reader_refuses_is_asked_for_once_more() -> None:
    def read(found: dict[str, Any]) -> str:
        if found["value"] not in ("good", "bad"):
            raise AnswerUnreadable("not one of good, bad")
        return str(found["value"])

    with ModelEndpoint(in_turn(answers({"value": "soso"}), answers({"value": "bad"}))) as endpoint:
        assert make_client(endpoint.url).ask(REQUEST, read, Budget()).value == "bad"
