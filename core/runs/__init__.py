"""Runs: the optimiser on one or more metrics, by a schedule or a person, and what became of it."""

from core.judging.changes import RowChange
from core.models.runs import WAITING
from core.runs.cancelling import cancel, cancel_metric
from core.runs.candidates import WrittenCandidate, written_candidate
from core.runs.cost_estimate import CostEstimate, estimated_cost
from core.runs.estimate import CallEstimate, estimated_calls
from core.runs.finishing import finish_open_runs, finish_run
from core.runs.going import Going, GoingResult, going_in_project, going_in_run
from core.runs.history import HeldOut, HistoryPoint, LiveScore, history, known_at, live_scores
from core.runs.listing import RunFilter, RunLine, RunPage, page_of_runs, run_choices
from core.runs.optimising import optimise_metric
from core.runs.overview import CardPage, MetricCard, Overview, overview, page_of_cards
from core.runs.proposals import apply, apply_edited, reject
from core.runs.result_detail import ResultDetail, result_detail
from core.runs.result_rows import RowPage, result_rows, row_call
from core.runs.scoring import (
    Applying,
    apply_once_scored,
    perform_trial,
    recent_trial,
    score_change,
    score_edited,
    score_proposal,
    taking,
)
from core.runs.standing import Standing
from core.runs.starting import (
    READ_ONLY,
    NewRun,
    RunOptions,
    Started,
    create_run,
    create_runs,
    improve,
)
from core.runs.trends import MetricTrend, Period, TrendPage, activity, page_of_trends
from core.runs.updating import DefinitionChange, Updated, update_definition
from core.runs.views import ResultView, RunView, list_runs, show_run
from core.runs.watching import Progress, going_on, progress, progress_of_job

__all__ = [
    "READ_ONLY",
    "WAITING",
    "Applying",
    "CallEstimate",
    "CardPage",
    "CostEstimate",
    "DefinitionChange",
    "Going",
    "GoingResult",
    "HeldOut",
    "HistoryPoint",
    "LiveScore",
    "MetricCard",
    "MetricTrend",
    "NewRun",
    "Overview",
    "Period",
    "Progress",
    "ResultDetail",
    "ResultView",
    "RowChange",
    "RowPage",
    "RunFilter",
    "RunLine",
    "RunOptions",
    "RunPage",
    "RunView",
    "Standing",
    "Started",
    "TrendPage",
    "Updated",
    "WrittenCandidate",
    "activity",
    "apply",
    "apply_edited",
    "apply_once_scored",
    "cancel",
    "cancel_metric",
    "create_run",
    "create_runs",
    "estimated_calls",
    "estimated_cost",
    "finish_open_runs",
    "finish_run",
    "going_in_project",
    "going_in_run",
    "going_on",
    "history",
    "improve",
    "known_at",
    "list_runs",
    "live_scores",
    "optimise_metric",
    "overview",
    "page_of_cards",
    "page_of_runs",
    "page_of_trends",
    "perform_trial",
    "progress",
    "progress_of_job",
    "recent_trial",
    "reject",
    "result_detail",
    "result_rows",
    "row_call",
    "run_choices",
    "score_change",
    "score_edited",
    "score_proposal",
    "show_run",
    "taking",
    "update_definition",
    "written_candidate",
]
