"""One HTTP endpoint for every way of improving: a model name a trial, each call and token counted.

Behind a name stands a simulated world, or an endpoint elsewhere that gets the same bytes.
"""

from __future__ import annotations

import json
import math
import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

import httpx

from bench.optimiser.simulator import Simulator

DIMENSIONS = 256
TIMEOUT_SECONDS = 600


class Model(Protocol):
    """`used` counts `calls`, and `input` and `output` tokens."""

    @property
    def used(self) -> Counter[str]: ...

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the body of the answer to a request of the public protocol."""
        ...


@dataclass(frozen=True)
class Simulated:
    """A simulated world behind the public protocol."""

    simulator: Simulator

    @property
    def used(self) -> Counter[str]:
        return self.simulator.used

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        asked = sum(len(str(message.get("content", ""))) for message in body.get("messages", []))
        return 200, completion(body, self.simulator.answer(body), asked)


@dataclass
class Elsewhere:
    """A model at another address; what it is asked and answers passes through unchanged but for its name."""

    base_url: str
    api_key: str
    model: str
    used: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS)
        self._lock = threading.Lock()

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        address = self.base_url.rstrip("/") + "/" + path.partition("/v1/")[2]
        answer = self._client.post(address, json={**body, "model": self.model})
        found = answer.json()
        usage = found.get("usage") or {}
        with self._lock:
            self.used["calls"] += path.endswith("/completions")
            self.used["input"] += usage.get("prompt_tokens", 0)
            self.used["output"] += usage.get("completion_tokens", 0)
        return answer.status_code, found


class Models:
    """The models that the endpoint serves, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Model] = {}

    def add(self, name: str, model: Model) -> None:
        self._by_name[name] = model

    def drop(self, name: str) -> None:
        del self._by_name[name]

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        if path.endswith("/embeddings"):
            return 200, embedded(body)
        return self._by_name[str(body["model"]).rpartition("/")[2]].post(path, body)


def completion(body: Mapping[str, Any], content: str, asked_chars: int) -> dict[str, Any]:
    """A chat completion as the public protocol has it."""
    usage = {"prompt_tokens": asked_chars // 4, "completion_tokens": len(content) // 4}
    return {
        "id": "simulated",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        ],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }


def embedded(body: Mapping[str, Any]) -> dict[str, Any]:
    """Words counted in buckets, of length 1: texts of the same words are near each other.

    A tool that keeps examples looks them up by such vectors, from a model of its own choice. They cost no
    call of the model that is measured.
    """
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(str(text))}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 0, "total_tokens": 0}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _vector(text: str) -> list[float]:
    counts = [0.0] * DIMENSIONS
    for word in text.lower().split():
        counts[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(count * count for count in counts)) or 1.0
    return [count / length for count in counts]


@contextmanager
def serving(models: Models) -> Iterator[str]:
    """The base URL of an endpoint that serves these models while the block runs."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answered = models.post(self.path, body)
            except (httpx.HTTPError, json.JSONDecodeError) as error:
                status, answered = 502, {"error": {"message": str(error)}}
            answer = json.dumps(answered).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Hundreds of thousands of lines would say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
