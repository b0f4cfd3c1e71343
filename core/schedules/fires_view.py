"""What became of a schedule's due moments, and of the runs that somebody started from it by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, exists, func, literal, select, union_all
from sqlalchemy.orm import Session

from core.db import Database
from core.models import FireRecord, Result, Run
from core.notifications.summary import COUNTED_AS
from core.schedules.access import seen
from core.terms import Actor, Outcome

PAGE = 25


class FireKind(StrEnum):
    RUN = "run"
    BY_HAND = "by_hand"
    """Not a fire: somebody pressed *Run now*, or ran the schedule from the command line."""
    MISSED = "missed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class PastFire:
    """A moment of a schedule, aware UTC, and what came of it.

    `outcomes` are those of its run's results so far, what needs a person first; `going` says that some
    are still to come. `reason` is the sentence of a missed or skipped fire.
    """

    at: datetime
    kind: FireKind
    reason: str
    run_id: int | None
    outcomes: tuple[Outcome, ...]
    going: bool


@dataclass(frozen=True, slots=True)
class FiresPage:
    """`fires` are newest first; `total` counts all of them."""

    fires: tuple[PastFire, ...]
    total: int


def fires(
    database: Database, actor: Actor, schedule_id: int, *, page: int = 1, size: int = PAGE
) -> FiresPage:
    """One page (from 1) of what became of a schedule's fires; a deleted schedule keeps its own.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        seen(session, actor, schedule_id, deleted=True)
        moments = _moments([schedule_id])
        total = session.scalar(select(func.count()).select_from(moments)) or 0
        newest = select(moments).order_by(moments.c.at.desc(), moments.c.run_id.desc())
        rows = session.execute(newest.limit(size).offset((max(1, page) - 1) * size)).all()
        return FiresPage(tuple(_past(session, rows)), total)


def newest_fires(session: Session, schedule_ids: Sequence[int], each: int) -> dict[int, tuple[PastFire, ...]]:
    """The newest fires of each schedule, newest first, by schedule id."""
    moments = _moments(schedule_ids)
    order = func.row_number().over(
        partition_by=moments.c.schedule_id, order_by=(moments.c.at.desc(), moments.c.run_id.desc())
    )
    numbered = select(moments, order.label("place")).subquery()
    rows = session.execute(
        select(numbered).where(numbered.c.place <= each).order_by(numbered.c.schedule_id, numbered.c.place)
    ).all()
    found: defaultdict[int, list[PastFire]] = defaultdict(list)
    for row, past in zip(rows, _past(session, rows), strict=True):
        found[row.schedule_id].append(past)
    return {schedule_id: tuple(pasts) for schedule_id, pasts in found.items()}


def _moments(schedule_ids: Sequence[int]) -> Subquery:
    """Fires, and the runs of these schedules that no fire started."""
    fired: ColumnElement[bool] = exists().where(
        FireRecord.schedule_id == Run.schedule_id, FireRecord.run_id == Run.id
    )
    due = select(
        FireRecord.schedule_id,
        FireRecord.due_at.label("at"),
        FireRecord.kind,
        FireRecord.reason,
        FireRecord.run_id,
    ).where(FireRecord.schedule_id.in_(schedule_ids))
    by_hand = select(
        Run.schedule_id, Run.created_at, literal(FireKind.BY_HAND.value), literal(""), Run.id
    ).where(Run.schedule_id.in_(schedule_ids), ~fired)
    return union_all(due, by_hand).subquery()


def _past(session: Session, rows: Sequence[Row[Any]]) -> list[PastFire]:
    outcomes = _outcomes(session, [row.run_id for row in rows if row.run_id is not None])
    return [_one(row, outcomes.get(row.run_id, ())) for row in rows]


def _one(row: Row[Any], outcomes: Sequence[Outcome | None]) -> PastFire:
    known = [outcome for outcome in outcomes if outcome is not None]
    return PastFire(
        at=row.at,
        kind=FireKind(row.kind),
        reason=row.reason,
        run_id=row.run_id,
        outcomes=tuple(sorted(known, key=list(COUNTED_AS).index)),
        going=len(known) < len(outcomes),
    )


def _outcomes(session: Session, run_ids: Iterable[int]) -> Mapping[int, list[Outcome | None]]:
    found: defaultdict[int, list[Outcome | None]] = defaultdict(list)
    query = select(Result.run_id, Result.outcome).where(Result.run_id.in_(run_ids)).order_by(Result.id)
    for run_id, outcome in session.execute(query):
        found[run_id].append(Outcome(outcome) if outcome else None)
    return found
