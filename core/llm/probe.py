"""Is there a model behind the settings? One request, no patience: a person waits for the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from core.llm.answer import storable
from core.llm.connection import Connection
from core.llm.dialect import AnswerFormat, Dialect
from core.llm.faults import Endpoint, Fault
from core.llm.request import Request


@dataclass(frozen=True, slots=True)
class Probe:
    """The endpoint answered. `seconds`: its answer alone, without the attempts it refused the form of."""

    seconds: float
    answer_format: AnswerFormat


def probe(
    endpoint: Endpoint,
    request: Request,
    read: Callable[[dict[str, Any]], object],
    *,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], float] = time.time,
) -> Probe:
    """Ask once, in the strongest form the endpoint takes. `clock` gives seconds, `now` Unix time.

    Raises ModelError or CallFailed with the sentence that a run would fail with, and AnswerUnreadable
    where the endpoint answers, but not with what was asked for.
    """
    with closing(Connection(endpoint, now)) as connection:
        dialect = Dialect()
        while True:
            began = clock()
            body = dialect.body(endpoint.model, _messages(request), request, temperature=0.0)
            outcome = connection.post(body, endpoint.timeout_seconds)
            if not isinstance(outcome, Fault):
                outcome.read(read)
                return Probe(clock() - began, dialect.answer_format)
            simpler = dialect.simpler(outcome.complaint)
            if simpler is None:
                raise outcome.error
            dialect = simpler


def _messages(request: Request) -> list[dict[str, str]]:
    asked = [("system", request.system), ("user", request.user)]
    return [{"role": role, "content": storable(content)} for role, content in asked]
