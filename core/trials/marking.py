"""Mark a flipped verdict right or wrong: the mark becomes a label of the metric's Lab."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import lab
from core.db import Database
from core.errors import NotFound
from core.lab.actuals import write_actuals
from core.lab.lab_rows import add_rows
from core.lab.marks import Mark
from core.models import MetricReview, TrialRow
from core.terms import Actor, Role
from core.trials.views import found_trial, is_outdated, verdict

NEVER = 0
"""A revision that no row of a Lab has."""


def mark(
    database: Database,
    actor: Actor,
    trial_id: int,
    row_id: int,
    expected: Any,
    feedback: str | None = None,
    *,
    seen: int | None,
) -> int:
    """Say what the value of a tried call should be; None is N/A. The id of its row in the Lab.

    The call comes into the metric's Lab if it is not there, with what the live definition said of it, and
    gets its label as from the Lab's own page. `seen` is the `revision` of the row that the person looked
    at. Raises EditedMeanwhile where somebody said something else since, BadLabel, NotFound, NotAllowed.
    """
    review_id, revision = _row_in_lab(database, actor, trial_id, row_id, seen)
    lab.label(database, actor, review_id, expected, feedback, expected_revision=revision)
    return review_id


def _row_in_lab(
    database: Database, actor: Actor, trial_id: int, row_id: int, seen: int | None
) -> tuple[int, int]:
    """The review's id, and the revision it must still have for the mark to be saved."""
    with database.write() as session:
        trial, metric = found_trial(session, actor, trial_id, Role.LABELLER)
        row = session.get(TrialRow, row_id)
        if row is None or row.trial_id != trial.id:
            raise NotFound("row of this trial", row_id)
        new = add_rows(session, metric.id, [row.call_id])
        review = session.scalars(
            select(MetricReview).where(
                MetricReview.metric_id == metric.id, MetricReview.call_id == row.call_id
            )
        ).one()
        said = verdict(row.before_status, row.before_value, row.before_explanation)
        if new and said is not None and not is_outdated(trial, metric) and trial.base_version_id:
            write_actuals(session, {review.id: said}, trial.base_version_id)
        return review.id, _looked_at(review, seen)


def _looked_at(review: MetricReview, seen: int | None) -> int:
    """A call that came into the Lab since, and that nobody has said anything of, is as it was shown."""
    if seen is not None:
        return seen
    return NEVER if Mark(review.expected_value, review.feedback) else review.revision
