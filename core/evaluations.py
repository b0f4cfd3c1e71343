"""Evaluate: the live metric on the calls of its Lab, which fills in the actual values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from core import audit, jobs
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import BudgetSpent, CallFailed, Cancelled, ModelError, Refused
from core.jobs import Claim, JobView, Lease
from core.jobs.workplace import Workplace
from core.judging.course import planned_calls
from core.judging.judge import Judge
from core.lab import StoredVerdicts, TranscriptStore
from core.lab.actuals import write_actuals
from core.llm.budget import total
from core.metrics import find, live_version, model_of
from core.models import Call, Job, Metric, MetricReview
from core.terms import Actor, Definition, EvalSettings, LabelledRow, Role, Usage, Verdict, VerdictStatus
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


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """The newest evaluation of a metric's Lab, if there was one.

    `outdated` counts verdicts given by another version than the live one. `waits_seconds` is how long
    no worker has taken the job, None unless it is queued.
    """

    job: JobView | None
    outdated: int
    waits_seconds: float | None

    @property
    def going(self) -> bool:
        return self.job is not None and not self.job.final


def start(database: Database, actor: Actor, metric_id: int, *, only_new: bool = False) -> int:
    """Queue an evaluation, or return the one that is going; the job's id.

    Raises NotFound, NotAllowed, Refused where there is no call to judge, and BudgetSpent where the
    project's month has no call left.
    """
    with database.write() as session:
        metric = find(session, metric_id)
        authorise(session, actor, metric.project_id, Role.EDITOR, "evaluate calls")
        session.refresh(metric, with_for_update={"key_share": True})  # two at once take turns
        going = session.scalar(
            select(Job.id).where(
                Job.kind == "evaluate", Job.subject_id == metric_id, Job.status.in_(("queued", "running"))
            )
        )
        if going is not None:
            return going
        if session.scalar(_rows(metric_id, only_new).limit(1)) is None:
            raise Refused(
                f"“{metric.name}” has no {'new ' if only_new else ''}calls in its Lab; import some."
            )
        if planned_calls(live_version(session, metric).definition):
            jobs.refuse_spent_month(session, metric.project_id)
        job_id = jobs.add(
            session, "evaluate", metric_id, project_id=metric.project_id, payload={"only_new": only_new}
        )
        assert job_id is not None  # without a dedupe key nothing is in the way
        audit.record(session, actor, "lab.evaluate", f"metric {metric.name}", project_id=metric.project_id)
        return job_id


def state(database: Database, actor: Actor, metric_id: int) -> EvaluationState:
    """The newest evaluation of a metric, and how fresh its verdicts are. Raises NotFound, NotAllowed."""
    newest = select(Job.id).where(Job.kind == "evaluate", Job.subject_id == metric_id)
    with database.read() as session:
        metric = find(session, metric_id)
        authorise(session, actor, metric.project_id, Role.VIEWER, "see labels")
        job_id = session.scalar(newest.order_by(Job.id.desc()).limit(1))
        outdated = _outdated(session, metric)
        waits_seconds = None if job_id is None else _waits_seconds(session, job_id)
    return EvaluationState(None if job_id is None else jobs.view(database, job_id), outdated, waits_seconds)


def cancel(database: Database, actor: Actor, metric_id: int) -> None:
    """Stop the evaluation that is going; verdicts it has not saved yet are lost.

    Raises NotFound, NotAllowed, and Refused where none is going.
    """
    with database.write() as session:
        metric = find(session, metric_id)
        authorise(session, actor, metric.project_id, Role.EDITOR, "evaluate calls")
        going = (Job.kind == "evaluate", Job.subject_id == metric_id)
        now = database_now(session)
        not_begun = session.scalar(
            update(Job)
            .where(*going, Job.status == "queued")
            .values(status="cancelled", cancel_requested_at=now, finished_at=now)
            .returning(Job.id)
        )
        running = session.scalar(select(Job.id).where(*going, Job.status == "running"))
        if not_begun is None and running is None:
            raise Refused(f"No evaluation of “{metric.name}” is going.")
        if running is not None:
            jobs.request_cancel(session, running)
        audit.record(
            session, actor, "lab.evaluate.cancel", f"metric {metric.name}", project_id=metric.project_id
        )


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
    try:
        verdicts = judge.judge(loaded.definition, loaded.rows)
    finally:
        _note_spent(place, mine, total([already, budget.usage]))
    _save(place.database, loaded, verdicts)
    return verdicts


def _note_spent(place: Workplace, mine: Claim, usage: Usage) -> None:
    """In place of what was set aside of the project's month."""
    with place.database.write() as session:
        jobs.hold(session, mine)
        jobs.note_spent(session, mine.job_id, usage)


def _load(session: Session, place: Workplace, mine: Claim) -> Loaded:
    metric = session.get_one(Metric, mine.subject_id)
    version = live_version(session, metric)
    ids = session.scalars(_rows(metric.id, bool(mine.payload.get("only_new")))).all()
    return Loaded(
        project_id=metric.project_id,
        version_id=version.id,
        definition=version.definition,
        settings=metric.eval_settings,
        model=model_of(session, metric, place.settings.llm_model),
        rows=tuple(_lab_rows(session, ids)),
    )


def _rows(metric_id: int, only_new: bool) -> Select[int]:
    query = select(MetricReview.id).where(MetricReview.metric_id == metric_id).order_by(MetricReview.id)
    return query.where(MetricReview.judged.is_(None)) if only_new else query


def _outdated(session: Session, metric: Metric) -> int:
    version = MetricReview.evaluated_version_id
    query = select(func.count()).where(
        MetricReview.metric_id == metric.id,
        MetricReview.judged.is_not(None),
        version.is_distinct_from(metric.live_version_id),
    )
    return session.scalar(query) or 0


def _waits_seconds(session: Session, job_id: int) -> float | None:
    job = session.get_one(Job, job_id)
    return (database_now(session) - job.created_at).total_seconds() if job.status == "queued" else None


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


def _save(database: Database, loaded: Loaded, verdicts: Mapping[int, Verdict]) -> None:
    """Write the actual values. A row that was not judged keeps what it had."""
    entries = list(verdicts.items())
    for start_at in range(0, len(entries), BATCH):
        with database.write() as session:
            write_actuals(session, dict(entries[start_at : start_at + BATCH]), loaded.version_id)


def _close(place: Workplace, mine: Claim, status: str, error: str) -> None:
    with place.database.write() as session:
        jobs.finish(session, mine, status, error)
