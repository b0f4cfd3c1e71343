"""What every kind of job works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.db import Database
from core.llm.budget import PRICE_UNIT, Budget
from core.llm.client import ModelClient
from core.settings import Settings
from core.terms import Usage

NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Workplace:
    """The parts of a worker process, handed to the jobs it performs.

    `client` makes a client for a model name; the address and key are the settings'.
    """

    database: Database
    settings: Settings
    client: Callable[[str], ModelClient]

    def budget(
        self, max_calls: int | None = None, max_cost: float | None = None, already: Usage = NOTHING
    ) -> Budget:
        """A budget for the rest of a job whose earlier attempts spent `already`.

        Raises Refused for a limit in money while no prices are set.
        """
        price_input, price_output = prices(self.settings)
        paid = cost(self.settings, already) or 0.0
        return Budget(
            max_calls=None if max_calls is None else max(0, max_calls - already.calls),
            max_cost=None if max_cost is None else max(0.0, max_cost - paid),
            price_input=price_input,
            price_output=price_output,
        )


def prices(settings: Settings) -> tuple[float | None, float | None]:
    """Money per million tokens in and out; None where they are not known. The demo model is free."""
    if settings.demo_model:
        return 0.0, 0.0
    return settings.llm_price_input, settings.llm_price_output


def cost(settings: Settings, usage: Usage) -> float | None:
    """What these tokens cost; None where no prices are set, and for the demo model, which has none."""
    if settings.demo_model:
        return None
    price_input, price_output = prices(settings)
    if price_input is None or price_output is None:
        return None
    return (usage.input_tokens * price_input + usage.output_tokens * price_output) / PRICE_UNIT


def make_workplace(settings: Settings) -> Workplace:
    """The parts as the settings name them; the model's key goes to the settings' address only."""
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    base_url = settings.llm_base_url or ""

    def client(model: str) -> ModelClient:
        return ModelClient(base_url, key, model, timeout_seconds=settings.llm_timeout_seconds)

    return Workplace(Database(settings.database), settings, client)
