"""An uploaded file becomes a job; or the job is called off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core import audit, jobs
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import BadImport, NotFound, Refused
from core.lab import ImportReport
from core.models import CallImport, CallImportPiece, Job, Metric, Project
from core.terms import Actor, Role

KIND = "import"
MOST_BYTES = 50 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
LOOKED_AT = 50
"""So many imports back a mapping is remembered."""


def start(
    database: Database,
    actor: Actor,
    project_id: int,
    metric_id: int | None,
    source: BinaryIO,
    looked_at: ImportReport,
    *,
    columns: Mapping[str, str],
    skip_bad: bool,
) -> int:
    """Take the file in and queue the job that brings its calls in; the job's id.

    `looked_at` is what a dry run said of it. Bytes and job are stored in one transaction, so there is
    never a job without its file. Raises BadImport for a file above MOST_BYTES, NotFound, NotAllowed, and
    Refused while another file is on its way into the project.
    """
    if actor.scope is not None:  # the job acts in the name of its person, who may more than their token
        raise Refused("Files are uploaded by people who signed in, not by tokens.")
    source.seek(0)
    pieces = list(iter(lambda: source.read(PIECE_BYTES), b""))
    size = sum(len(piece) for piece in pieces)
    if size > MOST_BYTES:
        raise BadImport(
            f"The file is larger than {MOST_BYTES // 2**20} MB; bring it in with python -m core import."
        )
    with database.write() as session:
        _authorise(session, actor, project_id, metric_id)
        # Two at once take turns here, so that the second finds the first.
        session.get_one(Project, project_id, with_for_update={"key_share": True})
        _refuse_second(session, project_id)
        found = CallImport(
            project_id=project_id,
            metric_id=metric_id,
            name=looked_at.name[:300],
            size=size,
            rows=looked_at.rows,
            columns=dict(columns),
            header=looked_at.columns,
            skip_bad=skip_bad,
            started_by=actor.user_id,
            actor=actor.name,
        )
        session.add(found)
        session.flush()
        rows = [
            {"import_id": found.id, "number": number, "content": one} for number, one in enumerate(pieces)
        ]
        session.execute(insert(CallImportPiece), rows)
        job_id = jobs.add(session, KIND, found.id, project_id=project_id)
        assert job_id is not None  # without a dedupe key nothing is in the way
        return job_id


def cancel(database: Database, actor: Actor, import_id: int) -> None:
    """Stop the import; what came in already stays. Raises NotFound, NotAllowed, Refused where it is over."""
    with database.write() as session:
        found = session.get(CallImport, import_id)
        if found is None:
            raise NotFound("import", import_id)
        authorise(
            session,
            actor,
            found.project_id,
            Role.LABELLER,
            "cancel imports",
            unseen=NotFound("import", import_id),
        )
        now = database_now(session)
        job = (Job.kind == KIND, Job.subject_id == import_id)
        not_begun = session.scalar(
            update(Job)
            .where(*job, Job.status == "queued")
            .values(status="cancelled", cancel_requested_at=now, finished_at=now)
            .returning(Job.id)
        )
        running = session.scalar(select(Job.id).where(*job, Job.status == "running"))
        if not_begun is None and running is None:
            raise Refused(f"The import of “{found.name}” is over already.")
        if not_begun is not None:
            forget_file(session, import_id)
        elif running is not None:
            jobs.request_cancel(session, running)
        audit.record(session, actor, "calls.import.cancel", f"file {found.name}", project_id=found.project_id)


def forget_file(session: Session, import_id: int) -> None:
    """Let go of the file's bytes; what was said of it stays."""
    session.execute(delete(CallImportPiece).where(CallImportPiece.import_id == import_id))


def remembered_columns(
    database: Database, actor: Actor, project_id: int, header: Sequence[str]
) -> dict[str, str]:
    """The mapping that was last chosen in the project for a file with the same columns.

    Else the last one whose columns the file has all; else none. Raises NotAllowed.
    """
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see imports")
        found = session.execute(
            select(CallImport.header, CallImport.columns)
            .where(CallImport.project_id == project_id)
            .order_by(CallImport.id.desc())
            .limit(LOOKED_AT)
        ).all()
    there = set(header)
    same = next((columns for known, columns in found if set(known) == there), None)
    if same is not None:
        return dict(same)
    fitting = (columns for _, columns in found if columns and set(filter(None, columns.values())) <= there)
    return dict(next(fitting, {}))


def _authorise(session: Session, actor: Actor, project_id: int, metric_id: int | None) -> None:
    if session.get(Project, project_id) is None:
        raise NotFound("project", project_id)
    authorise(session, actor, project_id, Role.LABELLER, "import labels")
    if metric_id is not None:
        metric = session.get(Metric, metric_id)
        if metric is None or metric.project_id != project_id or metric.archived_at is not None:
            raise NotFound("metric", metric_id)


def _refuse_second(session: Session, project_id: int) -> None:
    going = session.scalar(
        select(CallImport.name)
        .join(Job, (Job.kind == KIND) & (Job.subject_id == CallImport.id))
        .where(CallImport.project_id == project_id, Job.finished_at.is_(None))
        .limit(1)
    )
    if going is not None:
        raise Refused(f"“{going}” is on its way into this project; wait for it, or cancel it.")
