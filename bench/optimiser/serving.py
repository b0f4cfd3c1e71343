"""Simulated worlds behind the public protocol: one HTTP endpoint, a model name a world."""

from __future__ import annotations

import json
import math
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.optimiser.simulator import Simulator

DIMENSIONS = 256


class Models:
    """The simulators that the endpoint serves, by model name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Simulator] = {}

    def add(self, name: str, simulator: Simulator) -> None:
        self._by_name[name] = simulator

    def drop(self, name: str) -> None:
        del self._by_name[name]

    def answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        content = self._by_name[str(body["model"]).rpartition("/")[2]].answer(body)
        asked = sum(len(str(message.get("content", ""))) for message in body.get("messages", []))
        usage = {"prompt_tokens": asked // 4, "completion_tokens": len(content) // 4}
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

    A tool that keeps examples looks them up by such vectors. They cost no call of the model.
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
            answered = embedded(body) if self.path.endswith("/embeddings") else models.answer(body)
            answer = json.dumps(answered).encode()
            self.send_response(200)
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
