"""Runs: the optimiser on one or more metrics, by a schedule or a person, and what became of it."""

from core.runs.cancelling import cancel
from core.runs.finishing import finish_open_runs, finish_run
from core.runs.optimising import optimise_metric
from core.runs.proposals import apply, reject
from core.runs.starting import READ_ONLY, WAITING, RunOptions, Started, create_run, improve, refuse_strict
from core.runs.views import ResultView, RunView, list_runs, show_run

__all__ = [
    "READ_ONLY",
    "WAITING",
    "ResultView",
    "RunOptions",
    "RunView",
    "Started",
    "apply",
    "cancel",
    "create_run",
    "finish_open_runs",
    "finish_run",
    "improve",
    "list_runs",
    "optimise_metric",
    "refuse_strict",
    "reject",
    "show_run",
]
