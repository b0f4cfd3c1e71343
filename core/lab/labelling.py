"""A person's label and note on one row of a Lab, saved at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import audit
from core.db import Database, database_now
from core.errors import Refused, RowEditedMeanwhile
from core.judging.values import canonical
from core.lab.access import row_for
from core.lab.history import ChangeKind, held_before, last_said, record_change
from core.lab.marks import HeldMark, Mark
from core.models import Call, Metric, MetricReview
from core.storable import storable_text
from core.terms import Actor, EvalSettings, Role

Change = Callable[[Mark, EvalSettings], Mark]
ACTIONS = {
    ChangeKind.LABEL: "label.set",
    ChangeKind.NOTE: "label.note",
    ChangeKind.UNLABEL: "label.remove",
    ChangeKind.UNDO: "label.undo",
}
"""What the audit calls each kind."""


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
    with database.write() as session:
        change = _labelled(expected, feedback)
        return _change(session, actor, review_id, change, ChangeKind.LABEL, expected_revision)


def note(
    database: Database, actor: Actor, review_id: int, feedback: str, *, expected_revision: int | None = None
) -> int:
    """Change the note alone; a row without a label may have one. As `label` otherwise."""

    def noted(mark: Mark, _: EvalSettings) -> Mark:
        return Mark(mark.expected, _note(feedback))

    with database.write() as session:
        return _change(session, actor, review_id, noted, ChangeKind.NOTE, expected_revision)


def unlabel(database: Database, actor: Actor, review_id: int, *, expected_revision: int | None = None) -> int:
    """Take the label of a row back; its note stays. As `label` otherwise."""

    def unlabelled(mark: Mark, _: EvalSettings) -> Mark:
        return Mark(None, mark.feedback)

    with database.write() as session:
        return _change(session, actor, review_id, unlabelled, ChangeKind.UNLABEL, expected_revision)


def undo(database: Database, actor: Actor, review_id: int, revision: int) -> int:
    """Put back what stood in a row before the change that led to this revision; its new revision.

    Raises EditedMeanwhile where somebody changed the row since, Refused for a revision that no change
    led to, NotFound, NotAllowed.
    """
    with database.write() as session:
        _row_for(session, actor, review_id)
        held = held_before(session, review_id, revision)
        if held is None:
            raise Refused("There is nothing to undo here.")
        return _change(session, actor, review_id, lambda *_: held.mark, ChangeKind.UNDO, revision, held)


def _row_for(session: Session, actor: Actor, review_id: int) -> tuple[MetricReview, Metric]:
    """The row, locked, and its metric, for somebody who may label calls. Raises NotFound and NotAllowed."""
    return row_for(session, actor, review_id, Role.LABELLER, "label calls", lock=True)


def _labelled(expected: Any, feedback: str | None) -> Change:
    def labelled(mark: Mark, settings: EvalSettings) -> Mark:
        return Mark(canonical(expected, settings), mark.feedback if feedback is None else _note(feedback))

    return labelled


def _change(
    session: Session,
    actor: Actor,
    review_id: int,
    change: Change,
    kind: ChangeKind,
    expected_revision: int | None,
    signed_as: HeldMark | None = None,
) -> int:
    """Save what `change` makes of the row's mark, signed by the actor now or as it was before.

    The row is locked while it is read, so that whoever names no revision waits for the other
    instead of being refused.
    """
    review, metric = _row_for(session, actor, review_id)
    held = HeldMark(
        review_id,
        review.revision,
        Mark(review.expected_value, review.feedback),
        review.labelled_by,
        review.labelled_at,
    )
    after = change(held.mark, metric.eval_settings)
    if after == held.mark:
        return review.revision
    at = database_now(session)
    by, given_at = (signed_as.labelled_by, signed_as.labelled_at) if signed_as else (actor.user_id, at)
    seen = review.revision if expected_revision is None else expected_revision
    revision = _save(session, HeldMark(review_id, seen, after, by, given_at))
    record_change(session, held, after, kind, actor.user_id, at)
    _audit(session, actor, ACTIONS[kind], metric, review, after)
    return revision


def _save(session: Session, new: HeldMark) -> int:
    """Compare-and-set: who looked at the row before somebody else's change writes nothing, and is told it.

    `new.revision` is the one that was looked at.
    """
    revision = session.scalar(
        update(MetricReview)
        .where(MetricReview.id == new.review_id, MetricReview.revision == new.revision)
        .values(
            labelled=new.mark.labelled,
            expected_value=new.mark.expected,
            feedback=new.mark.feedback,
            labelled_by=new.labelled_by if new.mark else None,
            labelled_at=new.labelled_at if new.mark else None,
            revision=MetricReview.revision + 1,
        )
        .returning(MetricReview.revision)
        .execution_options(synchronize_session=False)
    )
    if revision is None:
        raise RowEditedMeanwhile(
            f"{last_said(session, new.review_id)} while you were looking at it; nothing was overwritten. "
            "Look again, then save."
        )
    return revision


def _audit(
    session: Session, actor: Actor, action: str, metric: Metric, review: MetricReview, after: Mark
) -> None:
    call = session.scalars(select(Call.external_id).where(Call.id == review.call_id)).one()
    notes = [audit.excerpt(text) for text in (review.feedback, after.feedback)]
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
            **({"note": notes} if after.feedback != review.feedback else {}),
        },
    )


def _note(feedback: str) -> str:
    return storable_text(feedback).strip()
