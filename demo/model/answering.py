"""Which question a request asks, told from its messages alone, and the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.model.cases import DistilQuestion, ProposeQuestion, ScriptQuestion, writer_question
from demo.model.conversation import conversation_in
from demo.model.distil import distil
from demo.model.judge import metric_in, verdict
from demo.model.propose import propose
from demo.model.script import script
from demo.model.wire import Asked

I_AM = (
    "This is Plumbline's demo model, a rule follower and no language model. "
    "It answers the questions of a judge and of the optimiser only."
)


@dataclass(frozen=True, slots=True)
class Question:
    """`kind` is judge, writer or other; `answer` makes the content of the reply."""

    kind: str
    answer: Callable[[], str]

    @property
    def is_quick(self) -> bool:
        return self.kind != "writer"


def read_question(asked: Asked) -> Question:
    call = conversation_in(asked.user)
    metric = metric_in(asked.system) if call is not None else None
    if call is not None and metric is not None:
        return Question("judge", lambda: _json(verdict(metric, call)))
    match writer_question(asked.user):
        case DistilQuestion() as labels:
            return Question("writer", lambda: _json(distil(labels)))
        case ProposeQuestion() as rules:
            return Question("writer", lambda: _json(propose(rules)))
        case ScriptQuestion() as wanted:
            return Question("writer", lambda: _json(script(wanted)))
    return Question("other", lambda: I_AM)


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)
