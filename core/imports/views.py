"""How an import stands, for the person who watches it and for who comes by later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.accounts import authorise
from core.db import Database, database_now
from core.imports.starting import KIND
from core.jobs import JobView, view
from core.lab import ImportReport
from core.models import CallImport, Job
from core.terms import Actor, Role


@dataclass(frozen=True, slots=True)
class ImportView:
    """A file that came in, comes in or could not. `report` is None before anything was written.

    `size` is in bytes; `waits_seconds` is how long no worker has taken the job, None unless it is queued.
    """

    id: int
    metric_id: int | None
    name: str
    size: int
    rows: int
    actor: str
    created_at: datetime
    job: JobView
    report: ImportReport | None
    waits_seconds: float | None


def newest(database: Database, actor: Actor, project_id: int) -> ImportView | None:
    """The last file that was brought into the project, if there was one. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see imports")
        found = session.scalar(
            select(CallImport)
            .where(CallImport.project_id == project_id)
            .order_by(CallImport.id.desc())
            .limit(1)
        )
        if found is None:
            return None
        job = session.scalars(select(Job).where(Job.kind == KIND, Job.subject_id == found.id)).one()
        waited = (database_now(session) - job.created_at).total_seconds()
    return ImportView(
        id=found.id,
        metric_id=found.metric_id,
        name=found.name,
        size=found.size,
        rows=found.rows,
        actor=found.actor,
        created_at=found.created_at,
        job=view(database, job.id),
        report=ImportReport.from_json(found.report) if found.report else None,
        waits_seconds=waited if job.status == "queued" else None,
    )
