"""Scores and states as the columns of a run keep them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.terms import Outcome, Score


def stored_score(correct: int | None, total: int | None, not_judged: int) -> Score | None:
    """The score in a result's columns; None where nothing was scored."""
    return None if correct is None or total is None else Score(correct, total, not_judged)


def run_state(
    started_at: datetime | None, finished_at: datetime | None, outcomes: Iterable[str | None]
) -> str:
    """queued, running, finished, or cancelled when every result of a finished run was."""
    if finished_at is None:
        return "queued" if started_at is None else "running"
    return "cancelled" if all(outcome == Outcome.CANCELLED for outcome in outcomes) else "finished"
