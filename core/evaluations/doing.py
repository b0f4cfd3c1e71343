"""The job of an evaluation, from its claim to its last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import jobs
from core.errors import BudgetSpent, CallFailed, Cancelled, ModelError, Refused
from core.evaluations.row_writer import RowWriter
from core.evaluations.selection import review_ids_of
from core.jobs import Claim, Lease
from core.jobs.workplace import Workplace
from core.judging.judge import Judge
from core.lab import StoredVerdicts, TranscriptStore
from core.llm.budget import total
from core.metrics import live_version, model_of
from core.models import Call, Metric, MetricReview
from core.terms import Definition, EvalSettings, LabelledRow, Usage, Verdict, VerdictStatus
from core.verdicts import SQLVerdicts, spent

BATCH = 200


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an evaluation works on."""

    project_id: int
    version_id: int
    definition: Definition
    settings: EvalSettings
    model: str
    rows: tuple[LabelledRow, ...]

    @property
    def reviews(self) -> dict[int, int]:
        """Review ids by call id."""
        return {row.call_id: row.review_id for row in self.rows}


def evaluate_metric(place: Workplace, mine: Claim) -> list[int]:
    """Do the job. Raises LeaseLost and what nobody expected."""
    if mine.hopeless:
        _close(place, mine, "failed", "The worker stopped several times in the middle; its log says why.")
        return []
    with Lease(place.database, mine, place.settings.lease_seconds) as lease:
        status, note = _evaluate(place, mine, lease)
    _close(place, mine, status, note)
    return []


def _evaluate(place: Workplace, mine: Claim, lease: Lease) -> tuple[str, str]:
    """The job's last status, and a sentence where there is something to say."""
    try:
        missing = [
            verdict
            for verdict in _judge_all(place, mine, lease).values()
            if verdict.status is VerdictStatus.NOT_JUDGED
        ]
    except Cancelled as error:
        return "cancelled", str(error)
    except (ModelError, CallFailed, BudgetSpent, Refused) as error:
        return "failed", str(error)
    count = f"{len(missing)} row{'s were' if len(missing) > 1 else ' was'} not judged"
    return "finished", f"{count}: {missing[0].cause}" if missing else ""


def _judge_all(place: Workplace, mine: Claim, lease: Lease) -> dict[int, Verdict]:
    lease.stage("Judging")
    lease.check()
    with place.database.read() as session:
        loaded = _load(session, place, mine)
        already = spent(session, mine.job_id)
    model = place.model(loaded.project_id)
    budget = model.budget(mine.job_id, already=already)
    judge = Judge(
        client=model.client(loaded.model),
        settings=loaded.settings,
        source=TranscriptStore(place.database),
        store=SQLVerdicts(place.database, loaded.project_id, mine.job_id),
        budget=budget,
        concurrency=place.settings.llm_concurrency,
        progress=lease,
        max_output_tokens=place.settings.llm_max_output_tokens,
        others=StoredVerdicts(place.database, loaded.project_id, mine.subject_id),
    )
    writer = RowWriter(place.database, loaded.version_id, loaded.reviews)
    try:
        return judge.judge(loaded.definition, loaded.rows, settled=writer.write)
    finally:
        _note_spent(place, mine, total([already, budget.usage]))


def _note_spent(place: Workplace, mine: Claim, usage: Usage) -> None:
    """In place of what was set aside of the project's month."""
    with place.database.write() as session:
        jobs.hold(session, mine)
        jobs.note_spent(session, mine.job_id, usage)


def _load(session: Session, place: Workplace, mine: Claim) -> Loaded:
    metric = session.get_one(Metric, mine.subject_id)
    version = live_version(session, metric)
    ids = review_ids_of(session, metric.id, mine.payload)
    return Loaded(
        project_id=metric.project_id,
        version_id=version.id,
        definition=version.definition,
        settings=metric.eval_settings,
        model=model_of(session, metric, place.settings.llm_model),
        rows=tuple(_lab_rows(session, ids)),
    )


def _lab_rows(session: Session, review_ids: Sequence[int]) -> list[LabelledRow]:
    rows: list[LabelledRow] = []
    for start_at in range(0, len(review_ids), BATCH):
        found = session.execute(
            select(MetricReview.id, MetricReview.call_id, Call.digest)
            .join(Call, Call.id == MetricReview.call_id)
            .where(MetricReview.id.in_(review_ids[start_at : start_at + BATCH]))
            .order_by(MetricReview.id)
        )
        rows += [LabelledRow(row.id, row.call_id, row.digest, None) for row in found]
    return rows


def _close(place: Workplace, mine: Claim, status: str, error: str) -> None:
    with place.database.write() as session:
        jobs.finish(session, mine, status, error)
