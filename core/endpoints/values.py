"""What an endpoint is: where calls go, with which key, at what price."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.llm.budget import PRICE_UNIT
from core.llm.client import ModelClient
from core.llm.faults import INSTALLATION, Endpoint, Resolve, SetIn
from core.terms import Usage

PROJECT = SetIn(
    address="the address under Project settings → Model endpoint",
    key="the key under Project settings → Model endpoint",
    model="the model under Project settings → Model endpoint",
)


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per million tokens in and out; None where it is not known. `free`: there is nothing to pay."""

    input: float | None = None
    output: float | None = None
    free: bool = False

    def cost(self, usage: Usage) -> float | None:
        """What these tokens cost; None where prices are not known or there is nothing to pay."""
        if self.free or self.input is None or self.output is None:
            return None
        return (usage.input_tokens * self.input + usage.output_tokens * self.output) / PRICE_UNIT


FREE = Prices(0.0, 0.0, free=True)


@dataclass(frozen=True, slots=True)
class Destination:
    """An address, the one key that is sent there, and what calls cost."""

    base_url: str
    prices: Prices
    key: str = field(default="", repr=False)
    set_in: SetIn = INSTALLATION
    resolve: Resolve | None = None

    def endpoint(self, model: str, timeout_seconds: float) -> Endpoint:
        return Endpoint(self.base_url, model, timeout_seconds, self.key, self.set_in, self.resolve)

    def client(self, model: str, timeout_seconds: float) -> ModelClient:
        return ModelClient(
            self.base_url,
            self.key,
            model,
            timeout_seconds=timeout_seconds,
            set_in=self.set_in,
            resolve=self.resolve,
        )
