"""A thumb up or down on the judge's verdict, made into a label."""

from __future__ import annotations

from typing import Any

from core.db import Database
from core.errors import BadLabel
from core.judging.values import agrees as agrees_with
from core.judging.values import canonical
from core.lab.access import row_for
from core.lab.labelling import label
from core.models import MetricReview
from core.terms import NOT_APPLICABLE, Actor, EvalSettings, EvalType, Role, VerdictStatus

OPPOSITE = {"true": "false", "false": "true"}


def vote(
    database: Database,
    actor: Actor,
    review_id: int,
    *,
    agrees: bool,
    instead: Any = None,
    feedback: str | None = None,
) -> int:
    """Label a row as the judge answered, or else with what is right instead; a yes-or-no metric needs no
    `instead`.

    Returns the row's revision. Raises BadLabel where there is no verdict to vote on, where “no” does not say
    what would be right, and for a vote that contradicts its own value; EditedMeanwhile, NotFound, NotAllowed.
    """
    if agrees and instead is not None:
        raise BadLabel("To agree is to say that the judge's value is right: leave the expected value out.")
    with database.read() as session:
        review, metric = row_for(session, actor, review_id, Role.LABELLER, "label calls")
        value, revision = _voted(review, metric.eval_settings, agrees, instead), review.revision
    expected = None if value == NOT_APPLICABLE else value
    return label(database, actor, review_id, expected, feedback, expected_revision=revision)


def _voted(review: MetricReview, settings: EvalSettings, agrees: bool, instead: Any) -> str:
    actual = review.actual_value
    if instead is not None:
        value = canonical(instead, settings)
        if actual is not None and agrees_with(value, actual, settings):
            raise BadLabel(
                f"“{value}” agrees with “{actual}”, the judge's answer: agree, or say what is right."
            )
        return value
    if review.judged != VerdictStatus.ANSWERED.value or actual is None:
        raise BadLabel("The judge has not answered this row; evaluate it first, or give the expected value.")
    if agrees:
        return actual
    if settings.eval_type is not EvalType.BINARY or actual not in OPPOSITE:
        raise BadLabel("Say what the value should be: for this verdict “disagree” alone does not tell.")
    return OPPOSITE[actual]
