from __future__ import annotations

import json
from typing import Any

import pytest

from core.errors import AnswerUnreadable
from core.llm.reply import reply_in
from core.terms import Usage


def body(content: Any = '{"a": 1}', usage: Any = None, **choice: Any) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message} | choice], "usage": usage}).encode()


def test_the_text_and_the_tokens_are_read() -> None:
    reply = reply_in(body(usage={"prompt_tokens": 9, "completion_tokens": 3}))
    assert reply is not None
    assert reply.read(lambda found: found["a"]) == 1
    assert reply.usage == Usage(1, 9, 3)


@pytest.mark.parametrize(
    "usage", [None, {}, [], {"prompt_tokens": None, "completion_tokens": 3}, {"prompt_tokens": -1}]
)
def test_an_endpoint_that_does_not_count_tokens_leaves_the_usage_open(usage: Any) -> None:
    reply = reply_in(body(usage=usage))
    assert reply is not None
    assert reply.usage is None


@pytest.mark.parametrize(
    "sent",
    [b"", b"<html>", b"[]", b"null", b'{"error": {"code": 502}}', b'{"choices": []}', b'{"choices'],
)
def test_what_is_no_chat_completion_is_no_reply(sent: bytes) -> None:
    assert reply_in(sent) is None


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (body(finish_reason="length"), "cut off"),
        (body(finish_reason="content_filter"), "refused"),
        (body(None), "empty"),
    ],
)
def test_a_reply_without_a_whole_answer_cannot_be_read(sent: bytes, reason: str) -> None:
    reply = reply_in(sent)
    assert reply is not None
    with pytest.raises(AnswerUnreadable, match=reason):
        reply.read(lambda found: found)


def test_a_refusal_beside_the_content_is_a_refusal() -> None:
    sent = json.dumps({"choices": [{"message": {"content": None, "refusal": "I can't help."}}]}).encode()
    reply = reply_in(sent)
    assert reply is not None
    assert reply.refused
