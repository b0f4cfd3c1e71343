"""Runs: the optimiser on one or more metrics, by a schedule or a person, and what became of it."""

from core.runs.cancelling import cancel, cancel_metric
from core.runs.candidates import WrittenCandidate, written_candidate
from core.runs.estimate import CallEstimate, estimated_calls
from core.runs.finishing import finish_open_runs, finish_run
from core.runs.history import HeldOut, HistoryPoint, LiveScore, history, known_at, live_scores
from core.runs.optimising import optimise_metric
from core.runs.proposals import apply, reject
from core.runs.starting import READ_ONLY, WAITING, RunOptions, Started, create_run, improve, refuse_strict
from core.runs.views import ResultView, RunView, list_runs, show_run
from core.runs.watching import Progress, going_on, progress

__all__ = [
    "READ_ONLY",
    "WAITING",
    "CallEstimate",
    "HeldOut",
    "HistoryPoint",
    "LiveScore",
    "Progress",
    "ResultView",
    "RunOptions",
    "RunView",
    "Started",
    "WrittenCandidate",
    "apply",
    "cancel",
    "cancel_metric",
    "create_run",
    "estimated_calls",
    "finish_open_runs",
    "finish_run",
    "going_on",
    "history",
    "improve",
    "known_at",
    "list_runs",
    "live_scores",
    "optimise_metric",
    "progress",
    "refuse_strict",
    "reject",
    "show_run",
    "written_candidate",
]
