"""What a run will cost in money, before it is made.

The calls are those of `estimate`; what a call takes is what calls of the metric took before, and without
such a run what its prompt and its calls' transcripts would come to, at four characters a token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.accounts import authorise
from core.db import Database
from core.endpoints import Prices, prices_of
from core.metrics import tokens_a_call
from core.runs.estimate import CallEstimate
from core.settings import Settings
from core.terms import Actor, Role, Usage


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a run comes to, in the currency of the prices. `costs` are by metric, None without prices;
    `free`: there is nothing to pay."""

    costs: Mapping[int, float] | None
    free: bool

    @property
    def total(self) -> float | None:
        return None if self.costs is None else sum(self.costs.values())

    @property
    def largest(self) -> float | None:
        """That of the most expensive metric: what a budget for each has to allow."""
        return None if self.costs is None else max(self.costs.values(), default=0.0)


def estimated_cost(
    database: Database, actor: Actor, settings: Settings, project_id: int, calls: Sequence[CallEstimate]
) -> CostEstimate:
    """What the calls of these estimates would cost in the project. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see what a run costs")
        prices = prices_of(session, settings, project_id)
        if prices.cost(Usage()) is None:
            return CostEstimate(None, prices.free)
        ids = [one.metric_id for one in calls]
        tokens = tokens_a_call(session, ids)
    costs = {one.metric_id: _cost(prices, one.calls, tokens.get(one.metric_id)) for one in calls}
    return CostEstimate(costs, free=False)


def _cost(prices: Prices, calls: int, a_call: tuple[float, float] | None) -> float:
    if a_call is None:
        return 0.0
    usage = Usage(calls, input_tokens=round(calls * a_call[0]), output_tokens=round(calls * a_call[1]))
    return prices.cost(usage) or 0.0
