"""The client against a real language model: that of LLM_BASE_URL, else a tiny one on this machine.

Not collected with the other tests; `make test-llm` installs what it needs and runs it. It tries the
protocol, not the quality of the answers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError, PlumblineError
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from tests.servers import ROOT, free_port, get_json, wait_until

PACKAGES = Path(os.environ.get("TINY_MODEL_FOLDER", ROOT / ".venv" / "llm"))
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


@pytest.fixture(scope="module")
def client() -> Iterator[ModelClient]:
    address = os.environ.get("LLM_BASE_URL")
    if address:
        yield ModelClient(address, os.environ.get("LLM_API_KEY"), os.environ["LLM_MODEL"])
        return
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("tiny_model.py")), str(port), str(PACKAGES)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: get_json(port, "/health"), "the tiny model", seconds=180)
        yield ModelClient(f"http://127.0.0.1:{port}/v1", None, "SmolLM2-135M", timeout_seconds=300)
    finally:
        process.kill()
        process.wait()


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
