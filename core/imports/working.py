"""The job: check every row of the file, then write batch by batch, each with how far it is."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core import jobs
from core.db import Database
from core.errors import BadImport, Cancelled, Refused
from core.imports.starting import forget_file
from core.jobs import Claim, Lease
from core.jobs.workplace import Workplace
from core.lab import ImportReport, ImportTask, import_task
from core.models import CallImport, CallImportPiece
from core.settings import Settings
from core.terms import Actor, Origin

CHECKING, WRITING = "Checking the rows", "Bringing them in"
GONE = "The worker stopped several times in the middle; its log says why. What came in before stays."


def bring_in(place: Workplace, mine: Claim) -> list[int]:
    """Do the job. Raises LeaseLost and what nobody expected."""
    if mine.hopeless:
        _close(place.database, mine, "failed", GONE)
        return []
    report: ImportReport | None = None
    with Lease(place.database, mine, place.settings.lease_seconds) as lease:
        try:
            report = _bring_in(place.database, mine, lease)
            status, note = "finished", ""
        except Cancelled:
            status, note = "cancelled", ""
        except Refused as error:
            status, note = "failed", str(error)
    _close(place.database, mine, status, note, report)
    return []


def bring_in_here(database: Database, settings: Settings, job_id: int) -> None:
    """Do the job in this process, unless a worker has it by now: for a file that takes no time."""
    mine = jobs.claim(database, job_id)
    if mine is not None:
        bring_in(Workplace(database, settings), mine)


def _bring_in(database: Database, mine: Claim, lease: Lease) -> ImportReport:
    with database.read() as session:
        asked = session.get_one(CallImport, mine.subject_id)
    lease.expect(2 * asked.rows)
    lease.check()
    actor = Actor(asked.started_by, asked.actor, Origin.PAGE)
    with tempfile.TemporaryFile() as copy:
        stream = cast(BinaryIO, copy)
        _copy_file(database, asked.id, stream)
        task = import_task(
            database, actor, asked.project_id, asked.metric_id, stream, asked.name, asked.columns
        )
        return task.finished(_written(task, asked, mine, lease))


def _written(task: ImportTask, asked: CallImport, mine: Claim, lease: Lease) -> ImportReport:
    """The report of what was written, or of the plan where bad rows hold everything back."""
    begun = ImportReport.from_json(asked.report) if asked.report else None
    count = _Counter(lease)
    lease.stage(CHECKING)
    planned = task.plan(count.to)
    if begun is None and planned.bad and not asked.skip_bad:
        return planned

    def beside(session: Session, report: ImportReport) -> None:
        """Nothing is written by two workers, nor after a cancel that was in time."""
        if jobs.hold(session, mine):
            raise Cancelled("The import was cancelled.")
        _keep(session, asked.id, report)

    lease.stage(WRITING)
    count.begin_again(0 if begun is None else begun.rows)
    return task.write(planned, begun=begun, beside=beside, told=lambda rows, _: count.to(rows))


class _Counter:
    """Tells the lease how many rows more there are, and hears from it whether to go on."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._rows = 0

    def begin_again(self, at: int) -> None:
        self._lease.done(at)
        self._rows = at

    def to(self, rows: int) -> None:
        self._lease.done(rows - self._rows)
        self._rows = rows
        self._lease.check()


def _copy_file(database: Database, import_id: int, to: BinaryIO) -> None:
    number = 0
    while True:
        piece = select(CallImportPiece.content).where(
            CallImportPiece.import_id == import_id, CallImportPiece.number == number
        )
        with database.read() as session:
            content = session.scalar(piece)
        if content is None:
            break
        to.write(content)
        number += 1
    if not number:
        raise BadImport("The file is not there any more; bring it in again.")


def _close(
    database: Database, mine: Claim, status: str, note: str, report: ImportReport | None = None
) -> None:
    with database.write() as session:
        jobs.finish(session, mine, status, note)
        forget_file(session, mine.subject_id)
        if report is not None:
            _keep(session, mine.subject_id, report)


def _keep(session: Session, import_id: int, report: ImportReport) -> None:
    session.execute(update(CallImport).where(CallImport.id == import_id).values(report=report.as_json()))
