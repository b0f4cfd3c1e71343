"""What a run will cost in money, before it is made.

The calls are those of `estimate`; what a call takes is what calls of the metric took before, and without
such a run what its prompt and its calls' transcripts would come to, at four characters a token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.endpoints import Prices, prices_of
from core.models import Call, Metric, MetricReview, MetricVersion, Result
from core.runs.estimate import CallEstimate
from core.settings import Settings
from core.terms import Actor, Role, Usage

CHARACTERS_A_TOKEN = 4
FRAME_TOKENS = 250
"""What a judge's request says beside the prompt and the transcript."""
ANSWER_TOKENS = 80


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
        tokens = _by_size(session, ids) | _by_experience(session, ids)
    costs = {one.metric_id: _cost(prices, one.calls, tokens.get(one.metric_id)) for one in calls}
    return CostEstimate(costs, free=False)


def _cost(prices: Prices, calls: int, a_call: tuple[float, float] | None) -> float:
    if a_call is None:
        return 0.0
    usage = Usage(calls, input_tokens=round(calls * a_call[0]), output_tokens=round(calls * a_call[1]))
    return prices.cost(usage) or 0.0


def _by_experience(session: Session, metric_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Tokens in and out of a call, over all results of each metric that made one."""
    rows = session.execute(
        select(
            Result.metric_id,
            func.sum(Result.calls),
            func.sum(Result.input_tokens),
            func.sum(Result.output_tokens),
        )
        .where(Result.metric_id.in_(metric_ids), Result.calls > 0, Result.input_tokens > 0)
        .group_by(Result.metric_id)
    )
    return {metric_id: (float(read / made), float(wrote / made)) for metric_id, made, read, wrote in rows}


def _by_size(session: Session, metric_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The same from the length of the live prompt and of the labelled calls."""
    lengths = session.execute(
        select(MetricReview.metric_id, func.avg(func.length(cast(Call.transcript, Text))))
        .join(Call, Call.id == MetricReview.call_id)
        .where(MetricReview.metric_id.in_(metric_ids), MetricReview.labelled.is_(True))
        .group_by(MetricReview.metric_id)
    )
    transcripts = {metric_id: float(length) for metric_id, length in lengths}
    prompts = session.execute(
        select(Metric.id, func.length(MetricVersion.description))
        .join(MetricVersion, MetricVersion.id == Metric.live_version_id)
        .where(Metric.id.in_(metric_ids))
    )
    return {
        metric_id: (
            FRAME_TOKENS + (prompt + transcripts.get(metric_id, 0.0)) / CHARACTERS_A_TOKEN,
            ANSWER_TOKENS,
        )
        for metric_id, prompt in prompts
    }
