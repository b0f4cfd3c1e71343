"""Who said what of a row of a Lab and when, from its first label to the one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.lab.marks import HeldMark, Mark
from core.models import LabelChange, User


class ChangeKind(StrEnum):
    LABEL = "label"
    NOTE = "note"
    UNLABEL = "unlabel"
    UNDO = "undo"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change of a row's mark; `by` is empty where nobody signed it."""

    kind: ChangeKind
    by: str
    at: datetime
    before: Mark
    after: Mark


def record_change(
    session: Session, before: HeldMark, after: Mark, kind: ChangeKind, user_id: int | None, at: datetime
) -> None:
    """Into the transaction of the change, which counts the row's revision up by one."""
    session.add(
        LabelChange(
            review_id=before.review_id,
            revision=before.revision + 1,
            kind=kind.value,
            user_id=user_id,
            at=at,
            expected_before=before.mark.expected,
            feedback_before=before.mark.feedback,
            labelled_by_before=before.labelled_by,
            labelled_at_before=before.labelled_at,
            expected_after=after.expected,
            feedback_after=after.feedback,
        )
    )


def held_before(session: Session, review_id: int, revision: int) -> HeldMark | None:
    """What stood in the row before the change that led to this revision; None for an unknown one."""
    change = session.scalars(
        select(LabelChange).where(LabelChange.review_id == review_id, LabelChange.revision == revision)
    ).one_or_none()
    if change is None:
        return None
    mark = Mark(change.expected_before, change.feedback_before)
    return HeldMark(review_id, revision - 1, mark, change.labelled_by_before, change.labelled_at_before)


def changes_of(session: Session, review_id: int) -> tuple[ChangeView, ...]:
    """All changes of a row, the newest first. What came with its first import is no change."""
    query = (
        select(LabelChange, func.coalesce(func.nullif(User.name, ""), User.email, ""))
        .outerjoin(User, User.id == LabelChange.user_id)
        .where(LabelChange.review_id == review_id)
        .order_by(LabelChange.revision.desc())
    )
    return tuple(_view(change, by) for change, by in session.execute(query))


def _view(change: LabelChange, by: str) -> ChangeView:
    return ChangeView(
        kind=ChangeKind(change.kind),
        by=by,
        at=change.at,
        before=Mark(change.expected_before, change.feedback_before),
        after=Mark(change.expected_after, change.feedback_after),
    )
