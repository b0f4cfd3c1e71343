"""From the rows of a run to the values its summary mail is made of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.evidence import Evidence
from core.evidence.findings import Findings, findings_words
from core.evidence.words import evidence_words
from core.judging.changes import RowChange
from core.metrics import read_definition
from core.models import (
    Call,
    Metric,
    MetricReview,
    MetricVersion,
    Project,
    Result,
    RowResult,
    Run,
    Schedule,
)
from core.notifications.summary import ResultSummary, RowLink, RunSummary, definition_fields
from core.row_changes import row_changes
from core.terms import Outcome, Score

ROWS_NAMED = 5
"""Of the rows fixed and of those broken, named in a mail; all of them stand on the result's page."""


def run_summary(session: Session, run_id: int, public_url: str) -> RunSummary:
    """What the mail about a finished run says; links start with `public_url`."""
    run = session.get_one(Run, run_id)
    project = session.get_one(Project, run.project_id)
    schedule = session.get(Schedule, run.schedule_id) if run.schedule_id else None
    base = public_url.rstrip("/")
    rows = session.execute(
        select(Result, Metric)
        .join(Metric, Metric.id == Result.metric_id)
        .where(Result.run_id == run_id)
        .order_by(Result.id)
    )
    return RunSummary(
        project=project.name,
        schedule=schedule.name if schedule else None,
        trigger=run.trigger,
        started_at=run.started_at or run.created_at,
        finished_at=run.finished_at or run.created_at,
        timezone=schedule.timezone if schedule else project.timezone,
        auto_apply=run.auto_apply,
        results=[_result(session, result, metric, base) for result, metric in rows],
        run_url=f"{base}/runs?run={run_id}",
        why=_why(run, project.name),
        settings_url=f"{base}/settings?project={project.id}&section=members",
        run_id=run.id,
        project_id=project.id,
        schedule_id=schedule.id if schedule else None,
    )


def _result(session: Session, result: Result, metric: Metric, base: str) -> ResultSummary:
    before = _version(session, result.base_version_id)
    outcome = Outcome(result.outcome or Outcome.FAILED)
    # A proposal that a person applied later is none of this run's doing: the mail says what the run did.
    applied = result.applied_version_id if outcome is Outcome.APPLIED else None
    after = _version(session, applied)
    candidate = result.candidate["definition"] if result.candidate else None
    fixed, broken = _rows(session, result, metric, base)
    return ResultSummary(
        metric=metric.name,
        outcome=outcome,
        reason=result.reason,
        warning=result.warning,
        baseline=Score.or_none(result.baseline_correct, result.baseline_total, result.not_judged),
        optimised=Score.or_none(result.optimised_correct, result.optimised_total, result.not_judged),
        applied=after is not None,
        version_before=before.number if before else None,
        version_after=after.number if after else None,
        fields_before=definition_fields(before.definition) if before else None,
        fields_after=definition_fields(read_definition(candidate)) if candidate else None,
        fixed=result.fixed,
        broken=result.broken,
        held_out=_held_out(result),
        evidence=evidence_words(Evidence.of_json(result.evidence)) if result.evidence else "",
        findings=findings_words(Findings.of_json(result.findings)) if result.findings else "",
        calls=result.calls,
        cost=result.cost,
        url=f"{base}/runs?run={result.run_id}&result={result.id}",
        fixed_rows=fixed,
        broken_rows=broken,
        metric_id=metric.id,
        result_id=result.id,
    )


def _rows(
    session: Session, result: Result, metric: Metric, base: str
) -> tuple[Sequence[RowLink], Sequence[RowLink]]:
    """The first few rows that the candidate fixed, and that it broke."""
    if not (result.fixed or result.broken):
        return (), ()
    changes = row_changes(session, result.id, metric.eval_settings)
    return (
        _links(session, [key for key, what in changes.items() if what is RowChange.FIXED], metric, base),
        _links(session, [key for key, what in changes.items() if what is RowChange.BROKEN], metric, base),
    )


def _links(session: Session, ids: Sequence[int], metric: Metric, base: str) -> list[RowLink]:
    rows = session.execute(
        select(RowResult.review_id, Call.external_id)
        .join(MetricReview, MetricReview.id == RowResult.review_id)
        .join(Call, Call.id == MetricReview.call_id)
        .where(RowResult.id.in_(ids[:ROWS_NAMED]))
        .order_by(RowResult.review_id)
    )
    place = f"{base}/lab?project={metric.project_id}&metric={metric.id}&review="
    return [RowLink(name, f"{place}{review_id}") for review_id, name in rows]


def _version(session: Session, version_id: int | None) -> MetricVersion | None:
    return session.get_one(MetricVersion, version_id) if version_id else None


def _held_out(result: Result) -> str | None:
    if not result.held_out:
        return None
    before, after = result.held_out["baseline"], result.held_out["optimised"]
    return f"{before['correct']} of {before['total']} → {after['correct']} of {after['total']}"


def _why(run: Run, project: str) -> str:
    if run.trigger == "schedule":
        return f"You get this because you are a member of {project} with email notifications on."
    return "You get this because you started this run; nobody else does."
