"""What the tools about the run history return."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from core.runs import ResultView, RunLine, RunView
from core.runs.listing import ResultLine
from core.terms import Outcome, ProposalState, ResultState, RunState, RunTrigger
from mcp_server.budget import next_after
from mcp_server.texts import UNTRUSTED, untrusted
from mcp_server.tools.metric_answers import ScoreAnswer

MOST_RESULTS = 20
"""Of a run in a list."""


class ResultAnswer(BaseModel):
    """One metric of a run."""

    result_id: int
    metric_id: int
    metric: str
    state: ResultState
    outcome: Outcome | None
    baseline: ScoreAnswer | None
    optimised: ScoreAnswer | None
    applied: bool
    proposal: ProposalState | None = Field(description="How its proposal stands; null where it made none.")
    calls: int
    cost: float | None

    @classmethod
    def of(cls, result: ResultLine) -> ResultAnswer:
        return cls(
            result_id=result.id,
            metric_id=result.metric_id,
            metric=result.metric,
            state=ResultState(result.state),
            outcome=result.outcome,
            baseline=ScoreAnswer.of(result.baseline),
            optimised=ScoreAnswer.of(result.optimised),
            applied=result.applied,
            proposal=ProposalState(result.proposal) if result.proposal else None,
            calls=result.calls,
            cost=result.cost,
        )


class RunAnswer(BaseModel):
    id: int
    trigger: RunTrigger
    schedule: str | None
    starter: str | None
    state: RunState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: list[ResultAnswer] = Field(description="The first 20; runs_retrieve has them all.")
    total_results: int
    link: str

    @classmethod
    def of(cls, run: RunLine, link: str) -> RunAnswer:
        return cls(
            id=run.id,
            trigger=RunTrigger(run.trigger),
            schedule=run.schedule,
            starter=run.starter,
            state=RunState(run.state),
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            results=[ResultAnswer.of(each) for each in run.results[:MOST_RESULTS]],
            total_results=len(run.results),
            link=link,
        )


class RunsAnswer(BaseModel):
    runs: list[RunAnswer] = Field(description="Newest first, up to 25 at a time.")
    total: int
    next_offset: int | None = Field(description="Ask for older ones from here; null at the end.")


class ResultInFull(BaseModel):
    """One metric of a run with its reason; its texts come with its progress_id."""

    result_id: int
    metric_id: int
    metric: str
    progress_id: int | None = Field(
        description="Give it to metric_reviews_process_feedbacks_progress for the texts and diffs."
    )
    state: ResultState
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
            state=ResultState(result.state),
            outcome=result.outcome,
            shown_as=result.shown_as,
            reason=untrusted(result.reason, 1_000),
            warning=untrusted(result.warning, 500),
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
    notice: str = UNTRUSTED
    id: int
    project_id: int
    trigger: RunTrigger
    schedule: str | None
    state: RunState
    auto_apply: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: list[ResultInFull] = Field(description="Up to 40 at a time.")
    total_results: int
    next_offset: int | None = Field(description="Ask for the rest from here; null at the end.")
    link: str

    @classmethod
    def of(cls, run: RunView, shown: Sequence[ResultView], offset: int, link: str) -> RunInFull:
        return cls(
            id=run.id,
            project_id=run.project_id,
            trigger=RunTrigger(run.trigger),
            schedule=run.schedule,
            state=RunState(run.state),
            auto_apply=run.auto_apply,
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            results=[ResultInFull.of(each) for each in shown],
            total_results=len(run.results),
            next_offset=next_after(offset + len(shown), len(run.results)) if shown else None,
            link=link,
        )
