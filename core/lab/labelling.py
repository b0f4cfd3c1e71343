"""A person's label and note on one row of a Lab, saved at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import Database, database_now
from core.errors import EditedMeanwhile, NotFound
from core.judging.values import canonical
from core.lab.access import metric_for
from core.lab.marks import Mark
from core.lab.storable import storable_text
from core.models import Call, Metric, MetricReview
from core.terms import Actor, EvalSettings, Role

Change = Callable[[Mark, EvalSettings], Mark]


def label(
    database: Database,
    actor: Actor,
    review_id: int,
    expected: Any,
    feedback: str | None = None,
    *,
    expected_revision: int | None = None,
) -> int:
    """Say what the value of a row should be; None is N/A. Without `feedback` the note stays.

    `expected_revision` is the one the person was looking at; none means whatever stands. Returns the
    row's revision afterwards, which is the same where nothing was new.
    Raises BadLabel, EditedMeanwhile, NotFound, NotAllowed.
    """

    def labelled(mark: Mark, settings: EvalSettings) -> Mark:
        note = mark.feedback if feedback is None else _note(feedback)
        return Mark(canonical(expected, settings), note)

    return _change(database, actor, review_id, labelled, "label.set", expected_revision)


def note(
    database: Database, actor: Actor, review_id: int, feedback: str, *, expected_revision: int | None = None
) -> int:
    """Change the note alone; a row without a label may have one. As `label` otherwise."""

    def noted(mark: Mark, _: EvalSettings) -> Mark:
        return Mark(mark.expected, _note(feedback))

    return _change(database, actor, review_id, noted, "label.note", expected_revision)


def unlabel(database: Database, actor: Actor, review_id: int, *, expected_revision: int | None = None) -> int:
    """Take the label of a row back; its note stays. As `label` otherwise."""

    def unlabelled(mark: Mark, _: EvalSettings) -> Mark:
        return Mark(None, mark.feedback)

    return _change(database, actor, review_id, unlabelled, "label.remove", expected_revision)


def _change(
    database: Database,
    actor: Actor,
    review_id: int,
    change: Change,
    action: str,
    expected_revision: int | None,
) -> int:
    """Save what `change` makes of the row's mark.

    The row is locked while it is read, so that whoever names no revision waits for the other
    instead of being refused.
    """
    with database.write() as session:
        review = session.get(MetricReview, review_id, with_for_update=True)
        if review is None:
            raise NotFound("row in a Lab", review_id)
        metric = metric_for(session, actor, review.metric_id, Role.LABELLER, "label calls")
        before = Mark(review.expected_value, review.feedback)
        after = change(before, metric.eval_settings)
        if after == before:
            return review.revision
        seen = review.revision if expected_revision is None else expected_revision
        revision = _save(session, actor, review_id, after, seen)
        _audit(session, actor, action, metric, review, after)
        return revision


def _save(session: Session, actor: Actor, review_id: int, mark: Mark, seen_revision: int) -> int:
    """Compare-and-set: who looked at the row before somebody else's change writes nothing."""
    revision = session.scalar(
        update(MetricReview)
        .where(MetricReview.id == review_id, MetricReview.revision == seen_revision)
        .values(
            labelled=mark.labelled,
            expected_value=mark.expected,
            feedback=mark.feedback,
            labelled_by=actor.user_id if mark else None,
            labelled_at=database_now(session) if mark else None,
            revision=MetricReview.revision + 1,
        )
        .returning(MetricReview.revision)
        .execution_options(synchronize_session=False)
    )
    if revision is None:
        raise EditedMeanwhile(
            "Somebody changed this label while you were looking at it; nothing was overwritten. "
            "Look again, then save."
        )
    return revision


def _audit(
    session: Session, actor: Actor, action: str, metric: Metric, review: MetricReview, after: Mark
) -> None:
    call = session.scalars(select(Call.external_id).where(Call.id == review.call_id)).one()
    audit.record(
        session,
        actor,
        action,
        f"call {call} in the Lab of {metric.name}",
        project_id=metric.project_id,
        details={
            "review_id": review.id,
            "from": review.expected_value,
            "to": after.expected,
            "note_changed": after.feedback != review.feedback,
        },
    )


def _note(feedback: str) -> str:
    return storable_text(feedback).strip()
