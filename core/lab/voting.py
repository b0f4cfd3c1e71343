"""A thumb up or down on the judge's verdict, made into a label."""

from __future__ import annotations

from core.db import Database
from core.errors import BadLabel, NotFound
from core.lab.access import metric_for
from core.lab.labelling import label
from core.models import MetricReview
from core.terms import NOT_APPLICABLE, Actor, EvalType, Role, VerdictStatus

OPPOSITE = {"true": "false", "false": "true"}


def vote(
    database: Database, actor: Actor, review_id: int, *, agrees: bool, feedback: str | None = None
) -> int:
    """Label a row as the judge answered, or, for a yes-or-no metric, the other way round.

    Returns the row's revision. Raises BadLabel where there is no verdict to vote on, or where “no” does not
    say what would be right, EditedMeanwhile, NotFound, NotAllowed.
    """
    with database.read() as session:
        review = session.get(MetricReview, review_id)
        if review is None:
            raise NotFound("row in a Lab", review_id)
        metric = metric_for(session, actor, review.metric_id, Role.LABELLER, "label calls")
        value, revision = _voted(review, metric.eval_settings.eval_type, agrees=agrees), review.revision
    expected = None if value == NOT_APPLICABLE else value
    return label(database, actor, review_id, expected, feedback, expected_revision=revision)


def _voted(review: MetricReview, eval_type: EvalType, *, agrees: bool) -> str:
    actual = review.actual_value
    if review.judged != VerdictStatus.ANSWERED.value or actual is None:
        raise BadLabel("The judge has not answered this row; evaluate it first, or give the expected value.")
    if agrees:
        return actual
    if eval_type is not EvalType.BINARY or actual not in OPPOSITE:
        raise BadLabel("Say what the value should be: for this verdict “disagree” alone does not tell.")
    return OPPOSITE[actual]
