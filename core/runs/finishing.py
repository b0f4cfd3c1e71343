"""Close a run when its last metric is done, exactly once, and have the summary sent."""

from __future__ import annotations

from sqlalchemy import exists, select, update

from core.db import Database, database_now
from core.deliveries import write_summaries
from core.models import Result, Run
from core.models.runs import DONE


def finish_run(database: Database, run_id: int) -> list[int]:
    """Mark the run finished if no result is open; the ids of the delivery jobs to push.

    In a transaction of its own, after the result is recorded: whoever gets the row back writes the
    deliveries with it. Counting inside the recording transaction would leave runs open, because two
    results recorded at the same moment do not see each other.
    """
    unfinished = exists().where(Result.run_id == run_id, Result.state != DONE)
    with database.write() as session:
        finished = session.execute(
            update(Run)
            .where(Run.id == run_id, Run.finished_at.is_(None), ~unfinished)
            .values(finished_at=database_now(session))
            .returning(Run.id)
        ).scalar_one_or_none()
        return [] if finished is None else write_summaries(session, finished)


def finish_open_runs(database: Database) -> list[int]:
    """Run the same statement on every open run, for a worker that died between the two transactions."""
    with database.read() as session:
        open_results = exists().where(Result.run_id == Run.id, Result.state != DONE)
        runs = session.scalars(select(Run.id).where(Run.finished_at.is_(None), ~open_results)).all()
    return [job_id for run_id in runs for job_id in finish_run(database, run_id)]
