"""The SQL store of paid answers. It serves the retry, resume and replay of the job that paid for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db import Database, insert_once
from core.judging.judge import VerdictKey
from core.models import StoredAnswer, StoredVerdict
from core.terms import Usage, Verdict, VerdictStatus

BATCH = 200
COLUMNS = select(
    StoredVerdict.call_id,
    StoredVerdict.request_digest,
    StoredVerdict.sample,
    StoredVerdict.status,
    StoredVerdict.value,
    StoredVerdict.explanation,
    StoredVerdict.cause,
)


class SQLVerdicts:
    """Verdicts of one job."""

    def __init__(self, database: Database, project_id: int, job_id: int) -> None:
        self._database = database
        self._project_id = project_id
        self._job_id = job_id

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        """The stored verdicts among these keys."""
        wanted = list(dict.fromkeys(keys))
        found: dict[VerdictKey, Verdict] = {}
        with self._database.read() as session:
            for start in range(0, len(wanted), BATCH):
                batch = wanted[start : start + BATCH]
                rows = session.execute(
                    COLUMNS.where(
                        StoredVerdict.project_id == self._project_id,
                        StoredVerdict.job_id == self._job_id,
                        StoredVerdict.call_id.in_([key.call_id for key in batch]),
                        StoredVerdict.request_digest.in_([key.request_digest for key in batch]),
                    )
                )
                for row in rows:
                    key = VerdictKey(row.call_id, row.request_digest, row.sample)
                    found[key] = Verdict(VerdictStatus(row.status), row.value, row.explanation, row.cause)
        return {key: found[key] for key in wanted if key in found}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        """Commit answers as they arrived; one that is there already stays as it is."""
        values = [self._values(key, verdict, usage) for key, verdict, usage in entries]
        with self._database.write() as session:
            dialect = session.get_bind().dialect.name
            statement = postgresql.insert if dialect == "postgresql" else sqlite.insert
            session.execute(statement(StoredVerdict).on_conflict_do_nothing(), values)

    def _values(self, key: VerdictKey, verdict: Verdict, usage: Usage) -> dict[str, Any]:
        return {
            "project_id": self._project_id,
            "call_id": key.call_id,
            "job_id": self._job_id,
            "request_digest": key.request_digest,
            "sample": key.sample,
            "status": verdict.status.value,
            "value": verdict.value,
            "explanation": verdict.explanation,
            "cause": verdict.cause,
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        }


class SQLAnswers:
    """The writer's answers of one job."""

    def __init__(self, database: Database, job_id: int) -> None:
        self._database = database
        self._job_id = job_id

    def find(self, request_digest: str) -> Mapping[str, Any] | None:
        with self._database.read() as session:
            row = session.get(StoredAnswer, (self._job_id, request_digest))
            return None if row is None else row.answer

    def save(self, request_digest: str, answer: Mapping[str, Any], usage: Usage) -> None:
        values = {
            "job_id": self._job_id,
            "request_digest": request_digest,
            "answer": dict(answer),
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        }
        with self._database.write() as session:
            insert_once(session, StoredAnswer, values, StoredAnswer.job_id)


def spent(session: Session, job_id: int) -> Usage:
    """Calls and tokens of all answers this job paid for, over all its attempts; no money."""
    calls = input_tokens = output_tokens = 0
    for table in (StoredVerdict, StoredAnswer):
        sums = session.execute(
            select(
                func.coalesce(func.sum(table.calls), 0),
                func.coalesce(func.sum(table.input_tokens), 0),
                func.coalesce(func.sum(table.output_tokens), 0),
            ).where(table.job_id == job_id)
        ).one()
        calls, input_tokens, output_tokens = (
            calls + int(sums[0]),
            input_tokens + int(sums[1]),
            output_tokens + int(sums[2]),
        )
    return Usage(calls, input_tokens, output_tokens)
