"""A run's state, as its columns and outcomes tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.terms import Outcome, RunState


def run_state(
    started_at: datetime | None, finished_at: datetime | None, outcomes: Iterable[str | None]
) -> RunState:
    """Cancelled is a finished run when every result of it was."""
    if finished_at is None:
        return RunState.QUEUED if started_at is None else RunState.RUNNING
    cancelled = all(outcome == Outcome.CANCELLED for outcome in outcomes)
    return RunState.CANCELLED if cancelled else RunState.FINISHED
