"""Trials: a definition judged afresh beside the live one, on the labels or on recent calls."""

from core.judging.changes import RowChange
from core.trials.labels import changed_labels
from core.trials.marking import mark
from core.trials.performing import Conclude, perform_trial
from core.trials.starting import cancel, size_of, start, start_in
from core.trials.terms import MOST_RECENT, NewTrial, Scope, Size, StartedTrial
from core.trials.views import (
    TrialCall,
    TrialRowView,
    TrialView,
    is_outdated,
    newest_trial,
    show_trial,
    show_trial_of_job,
    trial_call,
    trial_rows,
)

__all__ = [
    "MOST_RECENT",
    "Conclude",
    "NewTrial",
    "RowChange",
    "Scope",
    "Size",
    "StartedTrial",
    "TrialCall",
    "TrialRowView",
    "TrialView",
    "cancel",
    "changed_labels",
    "is_outdated",
    "mark",
    "newest_trial",
    "perform_trial",
    "show_trial",
    "show_trial_of_job",
    "size_of",
    "start",
    "start_in",
    "trial_call",
    "trial_rows",
]
