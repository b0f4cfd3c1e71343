"""The client against a real language model. `make test-llm` installs what it needs and runs it; it is not
collected with the other tests. It tries the protocol, not the quality of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ModelError, PlumblineError
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from tests.llm.conftest import RealModel
from tests.servers import free_port

SCHEMA = {
    "type": "object",
    "properties": {"explanation": {"type": "string", "maxLength": 200}, "value": {"type": "boolean"}},
    "required": ["explanation", "value"],
    "additionalProperties": False,
}
QUESTION = Request(
    "verdict",
    "You judge a call. Answer with a JSON object: explanation (a short text) and value (true or false).",
    "Was the appointment confirmed?\n\nagent: You are booked for Tuesday at nine.\ncaller: Thank you, bye.",
    SCHEMA,
    max_output_tokens=200,
)


@pytest.fixture
def client(real_model: RealModel) -> ModelClient:
    return ModelClient(real_model.url, real_model.key, real_model.name, timeout_seconds=300)


def whole(found: dict[str, Any]) -> dict[str, Any]:
    return found


def test_an_answer_has_the_fields_that_were_asked_for_and_says_what_it_cost(client: ModelClient) -> None:
    answer = client.ask(QUESTION, whole, Budget())

    assert set(answer.value) == {"explanation", "value"}
    assert isinstance(answer.value["value"], bool)
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0


def test_a_question_longer_than_the_model_can_read_is_an_error_in_words(client: ModelClient) -> None:
    too_long = Request("verdict", QUESTION.system, "agent: one two three. " * 400_000, SCHEMA)

    with pytest.raises(PlumblineError) as told:
        client.ask(too_long, whole, Budget())
    assert str(told.value)


def test_an_address_where_no_model_answers_is_named() -> None:
    nowhere = ModelClient(f"http://127.0.0.1:{free_port()}/v1", None, "none", timeout_seconds=5)

    with pytest.raises(ModelError, match="127"):
        nowhere.ask(QUESTION, whole, Budget(max_seconds=60))
