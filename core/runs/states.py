"""A run's state, as its columns and outcomes tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.terms import Outcome


def run_state(
    started_at: datetime | None, finished_at: datetime | None, outcomes: Iterable[str | None]
) -> str:
    """queued, running, finished, or cancelled when every result of a finished run was."""
    if finished_at is None:
        return "queued" if started_at is None else "running"
    return "cancelled" if all(outcome == Outcome.CANCELLED for outcome in outcomes) else "finished"
