"""What every kind of job works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.db import Database
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Workplace:
    """The parts of a worker process, handed to the jobs it performs.

    `client` makes a client for a model name; the address and key are the settings'.
    """

    database: Database
    settings: Settings
    client: Callable[[str], ModelClient]

    def budget(self, max_calls: int | None = None, max_cost: float | None = None) -> Budget:
        return Budget(
            max_calls=max_calls,
            max_cost=max_cost,
            price_input=self.settings.llm_price_input,
            price_output=self.settings.llm_price_output,
        )


def make_workplace(settings: Settings) -> Workplace:
    """The parts as the settings name them; the model's key goes to the settings' address only."""
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    base_url = settings.llm_base_url or ""

    def client(model: str) -> ModelClient:
        return ModelClient(base_url, key, model, timeout_seconds=settings.llm_timeout_seconds)

    return Workplace(Database(settings.database), settings, client)
