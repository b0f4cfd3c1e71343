"""What is asked of a model: messages and the JSON Schema of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.terms import digest


@dataclass(frozen=True, slots=True)
class Request:
    """One question. `name` names the schema and says what kind of question it is."""

    name: str
    system: str
    user: str
    schema: Mapping[str, Any]
    max_output_tokens: int = 1024

    def digest(self, model: str) -> str:
        """SHA-256 (hex) of all that can change the answer."""
        return digest([model, self.name, self.system, self.user, self.schema, self.max_output_tokens])
