"""The demo model over real HTTP."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from core.judging.prompt import judge_request
from core.llm.request import Request
from core.optimiser.requests import Example, distil_request
from core.terms import Conversation, Definition, EvalSettings, EvalType, Message
from demo.model.server import DemoModel
from demo.model.serving import running

ROOT = Path(__file__).parents[2]
JSON = {"content-type": "application/json"}
CALL = Conversation(1, (Message("assistant", "No idea, grüezi."), Message("user", "Oh.")))
FAILS = Definition('Fail when the agent says "no idea".')
ENDLESS = 30.0
"""Seconds after which a client that should have had its answer gives up."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def content(self) -> str:
        said: str = self.json["choices"][0]["message"]["content"]
        return said


@dataclass(frozen=True)
class Client:
    """Speaks to one server; each request on a connection of its own."""

    base: str

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] = JSON,
        timeout: float = ENDLESS,
    ) -> Reply:
        where = urlsplit(self.base)
        assert where.hostname is not None
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            got = connection.getresponse()
            return Reply(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def ask(self, body: bytes, timeout: float = ENDLESS) -> Reply:
        return self.send("POST", "/v1/chat/completions", body, timeout=timeout)

    def fault(self, **fault: Any) -> None:
        assert self.send("POST", "/faults", json.dumps(fault).encode()).status == 200


@pytest.fixture
def demo() -> Iterator[Client]:
    with running() as base:
        yield Client(base)


def body_of(request: Request, answer_format: str = "json_schema", **more: Any) -> bytes:
    body: dict[str, Any] = {
        "model": "plumbline-demo",
        "messages": [
            {"role": "system", "content": request.system},
            {"role": "user", "content": request.user},
        ],
        "max_tokens": request.max_output_tokens,
    }
    if answer_format == "json_schema":
        schema = {"name": request.name, "strict": True, "schema": dict(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif answer_format == "json_object":
        body["response_format"] = {"type": "json_object"}
    return json.dumps(body | more, ensure_ascii=False).encode()


JUDGE = body_of(judge_request(FAILS, EvalSettings(), CALL))
MOOD = body_of(judge_request(FAILS, EvalSettings(EvalType.ENUM, ("calm", "cross")), CALL))
WRITER = body_of(
    distil_request(FAILS, EvalSettings(), [Example(1, "[1] user: Oh.", "true", "", "false", "")], [])
)


def test_the_openai_client_gets_a_verdict_with_usage(demo: Client) -> None:
    request = judge_request(FAILS, EvalSettings(), CALL)
    client = openai.OpenAI(base_url=demo.base, api_key="any", max_retries=0)
    got = client.chat.completions.create(**json.loads(body_of(request)))
    assert got.model == "plumbline-demo"
    assert got.choices[0].finish_reason == "stop"
    content = got.choices[0].message.content
    assert content is not None
    assert json.loads(content)["value"] is False
    assert got.usage is not None
    expected = sum(-(-len(text.encode()) // 4) for text in (request.system, request.user))
    assert got.usage.prompt_tokens == expected
    assert got.usage.completion_tokens == -(-len(content.encode()) // 4)
    assert got.usage.total_tokens == got.usage.prompt_tokens + got.usage.completion_tokens
    assert [model.id for model in client.models.list()] == ["plumbline-demo"]


def test_the_same_request_has_the_same_bytes_whatever_came_between_and_wherever(demo: Client) -> None:
    first = demo.ask(JUDGE)
    for other in (WRITER, MOOD, b"{"):
        demo.ask(other)
    assert demo.ask(JUDGE).raw == first.raw
    with running() as elsewhere:
        assert Client(elsewhere).ask(JUDGE).raw == first.raw


@pytest.mark.parametrize("answer_format", ["json_schema", "json_object", "none"])
def test_the_answer_is_the_same_in_every_response_format(demo: Client, answer_format: str) -> None:
    body = body_of(judge_request(FAILS, EvalSettings(), CALL), answer_format)
    assert demo.ask(body).content == demo.ask(JUDGE).content


def test_an_answer_longer_than_allowed_is_cut_and_says_so(demo: Client) -> None:
    got = demo.ask(body_of(judge_request(FAILS, EvalSettings(), CALL), max_tokens=5))
    assert got.json["choices"][0]["finish_reason"] == "length"
    assert got.json["usage"]["completion_tokens"] == 5


def test_a_model_that_is_not_there_is_not_known(demo: Client) -> None:
    got = demo.ask(body_of(judge_request(FAILS, EvalSettings(), CALL), model="gpt-9"))
    assert (got.status, got.json["error"]["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"model": "plumbline-demo"}',
        b'{"model": "plumbline-demo", "messages": [3]}',
        b'{"model": "plumbline-demo", "messages": [{"role": "user", "content": 3}]}',
        b'{"model": "plumbline-demo", "messages": [{"role": "user", "content": "x"}], "stream": true}',
        b'{"model": "plumbline-demo", "messages": [{"role": "user", "content": "x"}], "max_tokens": "x"}',
    ],
)
def test_a_body_that_is_no_request_is_refused_in_words(demo: Client, body: bytes) -> None:
    got = demo.ask(body)
    assert (got.status, got.json["error"]["type"]) == (400, "invalid_request_error")
    assert demo.ask(JUDGE).status == 200


def test_content_in_parts_is_read_as_text(demo: Client) -> None:
    request = judge_request(FAILS, EvalSettings(), CALL)
    messages = [
        {"role": "system", "content": [{"type": "text", "text": request.system}]},
        {"role": "user", "content": [{"type": "text", "text": request.user}]},
    ]
    assert demo.ask(body_of(request, messages=messages)).content == demo.ask(JUDGE).content


def test_half_a_character_in_a_call_does_no_harm(demo: Client) -> None:
    body = json.dumps(json.loads(JUDGE)).replace("Oh.", "\\ud800")
    assert json.loads(demo.ask(body.encode()).content)["value"] is False


def test_health_needs_no_key_and_says_what_answers(demo: Client) -> None:
    assert demo.send("GET", "/healthz").json == {
        "status": "ok",
        "model": "plumbline-demo",
        "language_model": False,
    }


def test_with_a_key_only_its_bearer_is_answered() -> None:
    with running(DemoModel(api_key="secret")) as base:
        client = Client(base)
        assert client.ask(JUDGE).status == 401
        for key, status in (("wrong", 401), ("secret", 200)):
            headers = JSON | {"authorization": f"Bearer {key}"}
            assert client.send("POST", "/v1/chat/completions", JUDGE, headers).status == status
            assert client.send("GET", "/v1/models", headers=headers).status == status


@pytest.mark.parametrize(
    ("name", "status"), [("server_error", 500), ("refuse_key", 401), ("rate_limit", 429)]
)
def test_a_fault_that_refuses_strikes_every_kth_request_until_it_ends(
    demo: Client, name: str, status: int
) -> None:
    demo.fault(fault=name, every=2, times=2, retry_after=7)
    got = [demo.ask(JUDGE) for _ in range(6)]
    assert [one.status for one in got] == [200, status, 200, status, 200, 200]
    assert got[1].headers.get("retry-after") == ("7" if name == "rate_limit" else None)
    assert "message" in got[1].json["error"]


def test_a_schema_is_refused_but_other_formats_are_answered(demo: Client) -> None:
    demo.fault(fault="no_json_schema")
    refused = demo.ask(JUDGE)
    assert (refused.status, refused.json["error"]["param"]) == (400, "response_format")
    assert demo.ask(body_of(judge_request(FAILS, EvalSettings(), CALL), "json_object")).status == 200


def test_cut_json_is_no_json_and_says_that_it_was_cut(demo: Client) -> None:
    demo.fault(fault="cut_json")
    got = demo.ask(JUDGE)
    assert got.json["choices"][0]["finish_reason"] == "length"
    with pytest.raises(ValueError, match=r".*"):
        json.loads(got.content)


def test_an_answer_may_be_empty_or_hold_a_value_that_was_not_asked_for(demo: Client) -> None:
    demo.fault(fault="empty_answer", times=1)
    assert demo.ask(MOOD).content == ""
    demo.fault(fault="wrong_enum")
    assert json.loads(demo.ask(MOOD).content)["value"] not in ("calm", "cross")


def test_a_hanging_request_ends_with_its_client_and_harms_no_other(demo: Client) -> None:
    demo.fault(fault="timeout", times=1)
    with pytest.raises(TimeoutError):
        demo.ask(JUDGE, timeout=0.3)
    assert demo.ask(JUDGE).status == 200


def test_a_slow_answer_comes_in_the_end(demo: Client) -> None:
    demo.fault(fault="slow", seconds=0.4, times=1)
    with pytest.raises(TimeoutError):
        demo.ask(JUDGE, timeout=0.1)
    demo.fault(fault="slow", seconds=0.1)
    assert demo.ask(JUDGE).status == 200


def test_a_fault_of_the_writer_leaves_the_judge_alone(demo: Client) -> None:
    demo.fault(fault="server_error", on="writer")
    assert (demo.ask(JUDGE).status, demo.ask(WRITER).status) == (200, 500)


def test_faults_are_shown_and_end_when_told(demo: Client) -> None:
    demo.fault(fault="server_error")
    assert demo.ask(JUDGE).status == 500
    shown = demo.send("GET", "/faults").json["faults"]
    assert [(fault["name"], fault["struck"]) for fault in shown] == [("server_error", 1)]
    demo.fault(fault="none")
    assert demo.ask(JUDGE).status == 200


@pytest.mark.parametrize("body", [b"{", b'{"fault": "nonsense"}', b'{"fault": "slow", "every": 0}'])
def test_a_fault_that_makes_no_sense_changes_nothing(demo: Client, body: bytes) -> None:
    assert demo.send("POST", "/faults", body).status == 400
    assert demo.send("GET", "/faults").json == {"faults": []}


def test_a_web_page_cannot_switch_faults_on(demo: Client) -> None:
    got = demo.send("POST", "/faults", b'{"fault": "server_error"}', {"content-type": "text/plain"})
    assert got.status == 403
    assert demo.ask(JUDGE).status == 200


def test_the_log_shows_what_arrived_byte_for_byte(demo: Client) -> None:
    for body in (JUDGE, WRITER, MOOD):
        demo.ask(body)
    assert demo.send("GET", "/requests").json == {"total": 3, "judge": 2, "writer": 1, "other": 0}
    kept = demo.send("GET", "/requests?bodies=1").json["bodies"]
    assert [(one["kind"], one["body"].encode()) for one in kept] == [
        ("judge", JUDGE),
        ("writer", WRITER),
        ("judge", MOOD),
    ]
    assert demo.send("DELETE", "/requests").json["total"] == 0


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "demo.model", *arguments]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_command_prints_the_free_port_it_took_and_stops_when_told() -> None:
    process = start("--port", "0", "--latency", "0.01", "--fault", "server_error:every=2")
    assert process.stdout is not None
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+/v1", process.stdout.readline())
        assert address is not None
        client = Client(address[0])
        assert [client.ask(JUDGE).status for _ in range(2)] == [200, 500]
    finally:
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=ENDLESS)
    assert "Traceback" not in complaint


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]))
        _, complaint = process.communicate(timeout=ENDLESS)
    assert process.returncode == 1
    assert complaint.startswith("Cannot listen on 127.0.0.1:")
    assert complaint.count("\n") == 1


def test_a_fault_the_command_does_not_know_is_wrong_usage() -> None:
    process = start("--port", "0", "--fault", "nonsense")
    _, complaint = process.communicate(timeout=ENDLESS)
    assert process.returncode == 2
    assert "rate_limit" in complaint
