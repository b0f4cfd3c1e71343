"""How an endpoint wants to be asked. Endpoints that call themselves compatible differ in small ways;
what one refuses is left out from then on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from core.llm.request import Request

Message = dict[str, str]

FORMAT_REFUSED = re.compile(
    r"response[ _]?format|json[ _]?(schema|object|mode)|structured[ _]?output|guided|grammar", re.IGNORECASE
)


class AnswerFormat(StrEnum):
    """What keeps the answer in shape, strongest first; whatever it is, the answer is validated."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Dialect:
    """The optional fields of a request that an endpoint is known, or still hoped, to take."""

    answer_format: AnswerFormat = AnswerFormat.JSON_SCHEMA
    length_field: str = "max_tokens"
    temperature: bool = True

    def body(
        self, model: str, messages: Sequence[Message], request: Request, temperature: float
    ) -> dict[str, Any]:
        """The JSON body of a chat completion."""
        body: dict[str, Any] = {"model": model, "messages": list(messages)}
        body[self.length_field] = request.max_output_tokens
        if self.temperature:
            body["temperature"] = temperature
        if self.answer_format is AnswerFormat.JSON_SCHEMA:
            schema = {"name": request.name, "strict": True, "schema": dict(request.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.answer_format is AnswerFormat.JSON_OBJECT:
            body["response_format"] = {"type": "json_object"}
        return body

    def simpler(self, complaint: str) -> Dialect | None:
        """The dialect without what an endpoint's refusal complains about; None if it is about no field."""
        if "max_completion_tokens" in complaint and self.length_field == "max_tokens":
            return replace(self, length_field="max_completion_tokens")
        if "temperature" in complaint and self.temperature:
            return replace(self, temperature=False)
        if FORMAT_REFUSED.search(complaint) and self.answer_format is not AnswerFormat.PLAIN:
            return replace(self, answer_format=_NEXT[self.answer_format])
        return None


_NEXT = {
    AnswerFormat.JSON_SCHEMA: AnswerFormat.JSON_OBJECT,
    AnswerFormat.JSON_OBJECT: AnswerFormat.PLAIN,
}
