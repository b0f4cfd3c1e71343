"""What the tools about runs, their progress and trials return."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from core.judging.changes import RowChange
from core.runs import ResultDetail, ResultView, RunLine
from core.runs.listing import ResultLine
from core.runs.result_rows import RowView
from core.terms import MetricType, Outcome, TriggerKind, Verdict
from mcp_server.texts import UNTRUSTED, cut, unified, untrusted
from mcp_server.tools.metric_answers import ScoreAnswer


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"


class StartedAnswer(BaseModel):
    progress_id: int = Field(description="Poll with it, every 30 seconds or so.")
    already_running: bool = Field(description="It was going already; nothing new was started.")
    run_id: int | None = None
    link: str
    what_next: str


class RowAnswer(BaseModel):
    """A labelled row under the live and under the proposed definition."""

    id: int
    call_id: str
    change: RowChange = Field(description="What the proposal does to the row.")
    expected_value: str | None
    old_value: str | None
    new_value: str | None
    old_explanation: str
    new_explanation: str
    feedback: str

    @classmethod
    def of(cls, row: RowView, change: RowChange) -> RowAnswer:
        return cls(
            id=row.review_id,
            call_id=row.external_id,
            change=change,
            expected_value=row.expected,
            old_value=shown_value(row.before),
            new_value=shown_value(row.after),
            old_explanation=shown_reason(row.before),
            new_explanation=shown_reason(row.after),
            feedback=untrusted(row.note, 500),
        )


class OptimisedAnswer(BaseModel):
    """What a run found for a metric. The improved texts are null where it proposed no change."""

    outcome: Outcome
    shown_as: str
    reason: str
    applied: bool
    proposal_id: int | None = Field(description="Waits for apply_… or dismiss_optimisation_proposal.")
    improved_metric_description: str | None
    improved_evaluation_trigger: str | None
    improved_trigger_kind: TriggerKind | None
    type: MetricType | None
    custom_code: str | None
    old_score: ScoreAnswer | None
    new_score: ScoreAnswer | None = Field(description="Null where the evaluation was skipped.")
    held_out_old: ScoreAnswer | None = Field(description="On rows the search never saw; null below 30.")
    held_out_new: ScoreAnswer | None
    rows_fixed: int | None
    rows_broken: int | None
    review_results: list[RowAnswer] = Field(description="Rows fixed and broken, the first 20 of each.")
    summary: str
    diffs: dict[str, str] = Field(description="A unified diff of each changed field.")


class ProgressAnswer(BaseModel):
    notice: str = UNTRUSTED
    progress_id: int
    status: Status
    stage: str
    calls_done: int
    calls_expected: int
    seconds_left: float | None
    run_id: int
    error: str = Field(description="Why, where status is “error”; else empty.")
    output: OptimisedAnswer | None = Field(description="There once status is “success”.")
    link: str


class CancelledAnswer(BaseModel):
    run_id: int
    what_next: str


class ReviewRunOutput(BaseModel):
    old_score: ScoreAnswer | None = Field(description="The live definition's; null without overrides.")
    new_score: ScoreAnswer | None
    saved: bool = Field(description="Whether the verdicts are the Lab's actual values now.")
    live_version: int | None
    counts: dict[str, int] = Field(description="Rows by change.")
    review_results: list[RowAnswer] = Field(description="Rows fixed, broken and wrong; the first 20 of each.")


class ReviewRunProgress(BaseModel):
    notice: str = UNTRUSTED
    progress_id: int
    status: Status
    stage: str
    calls_done: int
    calls_expected: int
    error: str
    output: ReviewRunOutput | None


class ResultAnswer(BaseModel):
    """One metric of a run."""

    result_id: int
    metric_id: int
    metric: str
    state: str
    outcome: Outcome | None
    baseline: ScoreAnswer | None
    optimised: ScoreAnswer | None
    applied: bool
    proposal: str | None = Field(description="waiting, applied, rejected, superseded, or null.")
    calls: int
    cost: float | None

    @classmethod
    def of(cls, result: ResultLine) -> ResultAnswer:
        return cls(
            result_id=result.id,
            metric_id=result.metric_id,
            metric=result.metric,
            state=result.state,
            outcome=result.outcome,
            baseline=ScoreAnswer.of(result.baseline),
            optimised=ScoreAnswer.of(result.optimised),
            applied=result.applied,
            proposal=result.proposal,
            calls=result.calls,
            cost=result.cost,
        )


class RunAnswer(BaseModel):
    id: int
    trigger: str
    schedule: str | None
    starter: str | None
    state: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: list[ResultAnswer]
    link: str

    @classmethod
    def of(cls, run: RunLine, link: str) -> RunAnswer:
        return cls(
            id=run.id,
            trigger=run.trigger,
            schedule=run.schedule,
            starter=run.starter,
            state=run.state,
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            results=[ResultAnswer.of(each) for each in run.results],
            link=link,
        )


class RunsAnswer(BaseModel):
    runs: list[RunAnswer] = Field(description="Newest first, 25 at a time.")
    total: int


class ResultInFull(BaseModel):
    """One metric of a run with its reason; its texts come with its progress_id."""

    result_id: int
    metric_id: int
    metric: str
    progress_id: int | None = Field(
        description="Give it to metric_reviews_process_feedbacks_progress for the texts and diffs."
    )
    state: str
    outcome: Outcome | None
    shown_as: str
    reason: str
    warning: str
    baseline: ScoreAnswer | None
    optimised: ScoreAnswer | None
    applied: bool
    base_version: int | None
    applied_version: int | None
    proposal_id: int | None
    rows_fixed: int | None
    rows_broken: int | None
    calls: int
    tokens: int
    cost: float | None

    @classmethod
    def of(cls, result: ResultView) -> ResultInFull:
        return cls(
            result_id=result.id,
            metric_id=result.metric_id,
            metric=result.metric,
            progress_id=result.job_id,
            state=result.state,
            outcome=result.outcome,
            shown_as=result.shown_as,
            reason=cut(result.reason, 1_000),
            warning=cut(result.warning, 500),
            baseline=ScoreAnswer.of(result.baseline),
            optimised=ScoreAnswer.of(result.optimised),
            applied=result.applied,
            base_version=result.base_version,
            applied_version=result.applied_version,
            proposal_id=result.proposal,
            rows_fixed=result.fixed,
            rows_broken=result.broken,
            calls=result.calls,
            tokens=result.tokens,
            cost=result.cost,
        )


class RunInFull(BaseModel):
    id: int
    project_id: int
    trigger: str
    schedule: str | None
    state: str
    auto_apply: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: list[ResultInFull] = Field(description="The first 40.")
    total_results: int
    link: str


class AppliedAnswer(BaseModel):
    """`applied`, or `scoring` where it had no score and is applied by itself unless it scores lower."""

    status: str
    version: int | None
    progress_id: int | None = Field(description="For metrics_run_reviews_progress, while it is scored.")
    what_next: str


class DismissedAnswer(BaseModel):
    proposal_id: int
    status: str = "rejected"


def shown_value(verdict: Verdict | None) -> str | None:
    if verdict is None:
        return None
    return verdict.value if verdict.value is not None else f"({verdict.status.value})"


def shown_reason(verdict: Verdict | None) -> str:
    return untrusted(verdict.explanation or verdict.cause, 500) if verdict else ""


def diffs(detail: ResultDetail) -> dict[str, str]:
    """A unified diff of each field that the candidate changes."""
    before, after = detail.before or {}, detail.after or {}
    changed = [field for field in after if before.get(field, "") != after[field]]
    return {field: unified(before.get(field, ""), after[field]) for field in changed}
