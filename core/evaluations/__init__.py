"""Evaluate: the live metric on calls of its Lab, which fills in the actual values."""

from core.evaluations.doing import evaluate_metric
from core.evaluations.estimating import EvaluationEstimate, estimate
from core.evaluations.selection import ALL, MAX_CHOSEN, NEW, Kind, Selection
from core.evaluations.starting import cancel, start
from core.evaluations.view import EvaluationState, state

__all__ = [
    "ALL",
    "MAX_CHOSEN",
    "NEW",
    "EvaluationEstimate",
    "EvaluationState",
    "Kind",
    "Selection",
    "cancel",
    "estimate",
    "evaluate_metric",
    "start",
    "state",
]
