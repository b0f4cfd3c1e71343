"""One batch of an import against the database: what is known already, and what is written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.db import insert_new
from core.lab.lab_rows import held_marks, write_marks
from core.lab.marks import NO_MARK
from core.lab.problems import RowProblem
from core.lab.report import ImportReport
from core.lab.rows import ImportedCall
from core.lab.transcripts import stored
from core.lab.word_index import index_calls
from core.models import Call, Project


@dataclass(frozen=True, slots=True)
class Destination:
    """Where calls go: a project, and a metric's Lab unless only the calls are wanted."""

    project_id: int
    metric_id: int | None
    labelled_by: int | None


@dataclass(frozen=True, slots=True)
class KnownCall:
    id: int
    digest: str
    metadata: dict[str, Any]
    group: str | None


def compare(session: Session, to: Destination, batch: Sequence[ImportedCall], report: ImportReport) -> None:
    """Count in the report what `write` would do with the batch."""
    known = _known_calls(session, to.project_id, batch)
    calls = [call for call in batch if _fits(call, known.get(call.external_id), report)]
    _count_calls(calls, known, frozenset(known), report)
    if to.metric_id is None:
        return
    held = held_marks(session, to.metric_id, [found.id for found in known.values()])
    for call in calls:
        found = known.get(call.external_id)
        before = held[found.id].mark if found and found.id in held else NO_MARK
        report.change(before, before.updated_by(call.mark))


def write(session: Session, to: Destination, batch: Sequence[ImportedCall], report: ImportReport) -> None:
    """Write the batch's new calls, its rows of the Lab and its marks; count them in the report.

    A call whose id is known with another transcript is refused and reported; the others are written.
    """
    _take_turn(session, to.project_id)
    before = _known_calls(session, to.project_id, batch)
    _insert_calls(session, to.project_id, [call for call in batch if call.external_id not in before])
    known = _known_calls(session, to.project_id, batch)
    calls = [call for call in batch if _fits(call, known[call.external_id], report)]
    _count_calls(calls, known, frozenset(before), report)
    if to.metric_id is not None:
        marks = {known[call.external_id].id: call.mark for call in calls}
        for change in write_marks(session, to.metric_id, marks, to.labelled_by):
            report.change(*change)


def _take_turn(session: Session, project_id: int) -> None:
    """Imports into one project take turns batch by batch, else two of them could deadlock.

    Only PostgreSQL needs it; in SQLite the write transaction itself is the turn.
    """
    session.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))


def _known_calls(session: Session, project_id: int, batch: Sequence[ImportedCall]) -> dict[str, KnownCall]:
    query = select(Call.external_id, Call.id, Call.digest, Call.details, Call.group).where(
        Call.project_id == project_id, Call.external_id.in_([call.external_id for call in batch])
    )
    return {name: KnownCall(*rest) for name, *rest in session.execute(query)}


def _fits(call: ImportedCall, known: KnownCall | None, report: ImportReport) -> bool:
    if known is None or known.digest == call.digest:
        return True
    sentence = f"There is already a call “{call.external_id}” with another transcript."
    report.refuse(RowProblem(call.line, sentence, call.unit))
    return False


def _count_calls(
    calls: Sequence[ImportedCall],
    known: dict[str, KnownCall],
    known_before: frozenset[str],
    report: ImportReport,
) -> None:
    for call in calls:
        report.accept(call)
        if call.external_id not in known_before:
            report.new += 1
            continue
        report.known += 1
        found = known[call.external_id]
        report.other_metadata += (found.metadata, found.group) != (call.metadata, call.group)


def _insert_calls(session: Session, project_id: int, calls: Sequence[ImportedCall]) -> None:
    rows = [
        {
            "project_id": project_id,
            "external_id": call.external_id,
            "transcript": stored(call.messages),
            "digest": call.digest,
            "group": call.group,
            "metadata": dict(call.metadata),
        }
        for call in calls
    ]
    made = Call.__table__  # its columns have the rows' names, one attribute of the model has another
    new = insert_new(session, made, rows, made.c.id, made.c.external_id)
    said = {call.external_id: call.messages for call in calls}
    index_calls(session, {row.id: said[row.external_id] for row in new})
    _tell_repeated(session, project_id, {call.digest for call in calls})


def _tell_repeated(session: Session, project_id: int, digests: Collection[str]) -> None:
    """Mark the calls that share a transcript with another one of their project."""
    several = (
        select(Call.digest)
        .where(Call.project_id == project_id, Call.digest.in_(digests))
        .group_by(Call.digest)
        .having(func.count() > 1)
    )
    session.execute(
        update(Call)
        .where(Call.project_id == project_id, Call.digest.in_(several), Call.repeated.is_(False))
        .values(repeated=True)
        .execution_options(synchronize_session=False)
    )
