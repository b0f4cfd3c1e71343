"""How many model calls a run will make, before it is made.

A run judges every labelled row with the live prompt, searches (`optimiser.plan`), judges the candidate on
every labelled row, and asks the judge again about some rows. That is about what a whole run does: one
without new feedback makes no call, one whose labels all agree only the first round, and one whose search
comes to nothing early ends before its candidate is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.evidence.noise import MOST_ROWS
from core.metrics import find
from core.models import MetricReview
from core.optimiser.plan import expected_search_calls
from core.runs.weighing import wants_noise
from core.terms import Actor, Guard, Role

FEWEST_LABELS = 2
DISAGREEING_UNSEEN = 1 / 3
"""The share of labels that are taken to disagree where nobody evaluated their calls yet."""


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """About how many `calls` the next run on a metric makes; 0 where it has too few labels to run."""

    metric_id: int
    labelled: int
    calls: int


def estimated_calls(
    database: Database,
    actor: Actor,
    metric_ids: Sequence[int],
    guard: Guard = Guard.STANDARD,
    check_noise: bool | None = None,
) -> list[CallEstimate]:
    """An estimate for each metric, in the order given. Raises NotFound, NotAllowed."""
    with database.read() as session:
        for project_id in {find(session, metric_id).project_id for metric_id in metric_ids}:
            authorise(session, actor, project_id, Role.VIEWER, "see labels")
        sizes = _sizes(session, metric_ids)
    return [
        CallEstimate(metric_id, labelled, expected_calls(labelled, to_learn, guard, check_noise))
        for metric_id in metric_ids
        for labelled, to_learn in [sizes.get(metric_id, (0, 0))]
    ]


def expected_calls(
    labelled: int, to_learn: int, guard: Guard = Guard.STANDARD, check_noise: bool | None = None
) -> int:
    """About the calls of a whole run on so many labelled rows.

    Args:
        to_learn: rows that the writer learns from: labelled ones that disagree, and notes without a label.
    """
    if labelled < FEWEST_LABELS:
        return 0
    noise = min(MOST_ROWS, labelled) if wants_noise(guard, labelled, check_noise) else 0
    return labelled + expected_search_calls(labelled, to_learn) + labelled + noise


def _sizes(session: Session, metric_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Labelled rows and rows to learn from, by metric. Values are compared as text: about is enough."""
    agrees = MetricReview.actual_value == MetricReview.expected_value
    unseen = MetricReview.actual_value.is_(None)
    to_learn = case(
        (
            MetricReview.labelled.is_(True),
            case((unseen, literal(DISAGREEING_UNSEEN)), (agrees, 0.0), else_=1.0),
        ),
        else_=case((MetricReview.feedback != "", 1.0), else_=0.0),
    )
    rows = session.execute(
        select(
            MetricReview.metric_id,
            func.count().filter(MetricReview.labelled.is_(True)),
            func.sum(to_learn),
        )
        .where(MetricReview.metric_id.in_(metric_ids))
        .group_by(MetricReview.metric_id)
    )
    return {metric_id: (labelled, round(learn or 0)) for metric_id, labelled, learn in rows}
