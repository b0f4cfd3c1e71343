"""A model client, whose clock stands still, and how tests ask it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import PlumblineError
from core.llm.answer import Answer
from core.llm.budget import Budget
from core.llm.client import ModelClient, go_on
from core.llm.request import Request
from tests.model_endpoint import ModelEndpoint, Script, Sent

KEY = "sk-a-key-that-nobody-may-see"
REQUEST = Request("verdict", "Judge this.", "user: It was fine.", {"type": "object"}, 100)


class Time:
    """A clock that moves only when somebody sleeps, so that waiting costs no time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        threading.Event().wait(0.001)  # lets other threads go on


def make_client(url: str, time: Time | None = None, **how: Any) -> ModelClient:
    time = time or Time()
    given = dict[str, Any](clock=time, sleep=time.sleep, jitter=lambda: 0.0)
    return ModelClient(url, KEY, "judge-1", **(given | how))


def ask(
    client: ModelClient, budget: Budget | None = None, stop: Callable[[], None] = go_on
) -> Answer[dict[str, Any]]:
    return client.ask(REQUEST, lambda found: found, budget or Budget(), stop)


def error_of(script: Script | Sent, **how: Any) -> PlumblineError:
    with ModelEndpoint(script) as endpoint, pytest.raises(PlumblineError) as caught:
        ask(make_client(endpoint.url, **how))
    return caught.value
