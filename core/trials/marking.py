"""Mark a flipped verdict right or wrong: the mark becomes a label of the metric's Lab."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import lab
from core.db import Database
from core.errors import NotFound
from core.lab.actuals import write_actuals
from core.lab.lab_rows import add_rows
from core.models import MetricReview, TrialRow
from core.terms import Actor, Role
from core.trials.views import found_trial, is_outdated, verdict


def mark(
    database: Database, actor: Actor, trial_id: int, row_id: int, expected: Any, feedback: str | None = None
) -> int:
    """Say what the value of a tried call should be; None is N/A. The id of its row in the Lab.

    The call comes into the metric's Lab if it is not there, with what the live definition said of it, and
    gets its label as from the Lab's own page. Raises BadLabel, NotFound, NotAllowed.
    """
    review_id = _row_in_lab(database, actor, trial_id, row_id)
    lab.label(database, actor, review_id, expected, feedback)
    return review_id


def _row_in_lab(database: Database, actor: Actor, trial_id: int, row_id: int) -> int:
    with database.write() as session:
        trial, metric = found_trial(session, actor, trial_id, Role.LABELLER)
        row = session.get(TrialRow, row_id)
        if row is None or row.trial_id != trial.id:
            raise NotFound("row of this trial", row_id)
        new = add_rows(session, metric.id, [row.call_id])
        review_id = session.scalars(
            select(MetricReview.id).where(
                MetricReview.metric_id == metric.id, MetricReview.call_id == row.call_id
            )
        ).one()
        said = verdict(row.before_status, row.before_value, row.before_explanation)
        if new and said is not None and not is_outdated(trial, metric) and trial.base_version_id:
            write_actuals(session, {review_id: said}, trial.base_version_id)
        return review_id
