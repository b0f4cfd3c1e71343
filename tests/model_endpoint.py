"""A real HTTP endpoint that speaks like an OpenAI-compatible one and answers, or fails, by script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

VERDICT = {"explanation": "The caller said so.", "value": True}


@dataclass(frozen=True)
class Received:
    """A request as it arrived: `number` counts from 0, header names are in lower case, and `at` is
    `time.monotonic()`."""

    number: int
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def answer_format(self) -> str:
        asked: str = self.body.get("response_format", {}).get("type", "plain")
        return asked

    @property
    def texts(self) -> list[str]:
        return [message["content"] for message in self.body["messages"]]


@dataclass(frozen=True)
class Sent:
    """What goes back, after `delay` seconds; with `hang_up` the connection breaks instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang_up: bool = False


Script = Callable[[Received], Sent]


def says(
    content: str | None,
    *,
    finish: str = "stop",
    refusal: str | None = None,
    tokens: tuple[int, int] | None = (100, 10),
    delay: float = 0.0,
) -> Sent:
    """A chat completion with this text; `tokens` in and out, None for an endpoint that does not say."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body: dict[str, Any] = {"choices": [{"index": 0, "finish_reason": finish, "message": message}]}
    if tokens is not None:
        body["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return Sent(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, delay=delay)


def answers(value: Any = VERDICT, **how: Any) -> Sent:
    """A chat completion whose text is this JSON value."""
    return says(json.dumps(value), **how)


def fails(status: int, message: str = "it failed", code: str | None = None, **headers: str) -> Sent:
    """An error in the field's usual shape; `Retry_After="1"` becomes that header."""
    body = json.dumps({"error": {"message": message, "code": code, "type": None, "param": None}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent(status, body, {"Content-Type": "application/json"} | named)


def in_turn(*script: Sent) -> Script:
    """One after the other; the last for all that come later."""
    return lambda received: script[min(received.number, len(script) - 1)]


def taking_only(*formats: str, then: Sent | None = None) -> Script:
    """Refuses other answer formats with 400, as endpoints do that do not know them."""

    def script(received: Received) -> Sent:
        if received.answer_format not in formats:
            return fails(400, f"'response_format.type' of {received.answer_format!r} is not supported")
        return then or answers()

    return script


class ModelEndpoint:
    """`with ModelEndpoint(script) as endpoint:` listens on `endpoint.url` and keeps what it received."""

    def __init__(self, script: Script | Sent | None = None) -> None:
        sent = answers() if script is None else script
        self._script: Script = sent if callable(sent) else in_turn(sent)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._received: list[Received] = []
        self.open_at_once = 0
        """The most requests that were being answered at the same time."""
        self._open = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def received(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    def __enter__(self) -> ModelEndpoint:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Sent:
        with self._lock:
            received = Received(len(self._received), path, headers, body, time.monotonic())
            self._received.append(received)
            self._open += 1
            self.open_at_once = max(self.open_at_once, self._open)
        try:
            sent = self._script(received)
            if sent.delay:
                self._closing.wait(sent.delay)
            return sent
        finally:
            with self._lock:
                self._open -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                sent = endpoint._answer(self.path, headers, body)
                if sent.hang_up:
                    self.close_connection = True
                    return
                self.send_response(sent.status)
                for name, value in ({"Content-Length": str(len(sent.body))} | sent.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests read what was received instead."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""
