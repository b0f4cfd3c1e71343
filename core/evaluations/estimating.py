"""What an evaluation comes to, before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from core.db import Database
from core.endpoints import prices_of
from core.evaluations.selection import Selection, rows_selected
from core.judging.course import planned_calls
from core.metrics import find_for, live_version, tokens_a_call
from core.settings import Settings
from core.terms import Actor, Role, Usage


@dataclass(frozen=True, slots=True)
class EvaluationEstimate:
    """`rows` that would be judged, and the model `calls` this takes at most.

    `cost` is in the currency of the prices, None where they are not known; `free`: there is nothing to
    pay. What scripts ask of the model by themselves is not foreseen.
    """

    rows: int
    calls: int
    cost: float | None
    free: bool


def estimate(
    database: Database, actor: Actor, settings: Settings, metric_id: int, selection: Selection
) -> EvaluationEstimate:
    """What evaluating these calls would take. Raises NotFound, NotAllowed, Refused."""
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see what an evaluation costs")
        rows = rows_selected(session, metric, selection)
        calls = rows * planned_calls(live_version(session, metric).definition)
        prices = prices_of(session, settings, metric.project_id)
        free = prices.free or not calls
        cost = prices.cost(Usage()) if not free else None
        if cost is not None:
            read, wrote = tokens_a_call(session, [metric.id])[metric.id]
            cost = prices.cost(Usage(calls, round(calls * read), round(calls * wrote)))
    return EvaluationEstimate(rows, calls, cost, free)
