"""Who said what of a row of a Lab and when, from its first label to the one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.lab.marks import HeldMark, Mark
from core.models import LabelChange, MetricReview, User

NOTE_CHARS = 200


SIGNED = func.coalesce(func.nullif(User.name, ""), User.email, "")
"""The name of a joined User; empty where there is none."""


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
        select(LabelChange, SIGNED)
        .outerjoin(User, User.id == LabelChange.user_id)
        .where(LabelChange.review_id == review_id)
        .order_by(LabelChange.revision.desc())
    )
    return tuple(_view(change, by) for change, by in session.execute(query))


def last_said(session: Session, review_id: int) -> str:
    """Who changed a row last and what they said, as the beginning of a sentence."""
    query = (
        select(MetricReview.expected_value, MetricReview.feedback, SIGNED)
        .outerjoin(User, User.id == MetricReview.labelled_by)
        .where(MetricReview.id == review_id)
    )
    expected, feedback, signed = session.execute(query).one()
    last = next(iter(changes_of(session, review_id)), None)
    by = (last.by if last is not None else signed) or "Somebody"
    before = last.before if last is not None else Mark()
    return f"{by} {_deed(before, Mark(expected, feedback))}"


def _deed(before: Mark, after: Mark) -> str:
    note = after.feedback if len(after.feedback) <= NOTE_CHARS else f"{after.feedback[:NOTE_CHARS]}…"
    if after.expected == before.expected:
        return f"wrote the note “{note}”" if note else "took the note away"
    if after.expected is None:
        return "took the label back"
    new_note = f" with the note “{note}”" if note and after.feedback != before.feedback else ""
    return f"labelled this call “{after.expected}”{new_note}"


def _view(change: LabelChange, by: str) -> ChangeView:
    return ChangeView(
        kind=ChangeKind(change.kind),
        by=by,
        at=change.at,
        before=Mark(change.expected_before, change.feedback_before),
        after=Mark(change.expected_after, change.feedback_after),
    )
