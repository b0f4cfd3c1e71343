"""The OpenAI shape on the wire: reading a request, writing a completion or an error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MODEL = "plumbline-demo"
BYTES_PER_TOKEN = 4
"""Tokens are counted as UTF-8 bytes divided by four, rounded up: stated, and the same every time."""


class BadRequest(ValueError):
    """The body is not JSON / has no messages / asks for a stream."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a completion request asks, as far as the demo model reads it."""

    model: str
    system: str
    user: str
    asks_schema: bool
    input_tokens: int
    max_output_tokens: int | None


def read_completion(body: bytes) -> Asked:
    """Read the body of POST /v1/chat/completions; raises BadRequest."""
    data = read_object(body)
    messages = data.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequest("`messages` must be a list with at least one message.")
    if data.get("stream"):
        raise BadRequest("The demo model does not stream: leave `stream` out.")
    texts = [_message(message) for message in messages]
    response_format = data.get("response_format")
    return Asked(
        model=str(data.get("model", "")),
        system=next((text for role, text in texts if role in ("system", "developer")), ""),
        user=next((text for role, text in texts if role == "user"), ""),
        asks_schema=isinstance(response_format, dict) and response_format.get("type") == "json_schema",
        input_tokens=sum(tokens(text) for _, text in texts),
        max_output_tokens=_limit(data),
    )


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; raises BadRequest."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(data, dict):
        raise BadRequest("The body is not a JSON object.")
    return data


def tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def completion(body: bytes, asked: Asked, content: str, *, cut: bool = False) -> dict[str, Any]:
    """A chat completion; nothing in it depends on anything but the request."""
    limit = asked.max_output_tokens
    if limit is not None and tokens(content) > limit:
        raw = content.encode("utf-8", "surrogatepass")[: limit * BYTES_PER_TOKEN]
        content, cut = raw.decode("utf-8", "ignore"), True
    spent = tokens(content)
    return {
        "id": "chatcmpl-" + hashlib.sha256(body).hexdigest()[:24],
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None},
                "logprobs": None,
                "finish_reason": "length" if cut else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": asked.input_tokens,
            "completion_tokens": spent,
            "total_tokens": asked.input_tokens + spent,
        },
    }


def error_body(message: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _message(message: Any) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise BadRequest("Every message must be an object with a role and content.")
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "\n".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise BadRequest("The content of every message must be text.")
    return str(message.get("role", "")), content


def _limit(data: Mapping[str, Any]) -> int | None:
    limit = data.get("max_completion_tokens", data.get("max_tokens"))
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise BadRequest("`max_tokens` must be a whole number from 1.")
    return limit
