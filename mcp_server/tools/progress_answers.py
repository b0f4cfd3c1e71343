"""What the tools return that start, follow and decide on improvements and trials."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field

from core.judging.changes import RowChange
from core.runs import ResultDetail
from core.runs.result_rows import RowView
from core.terms import Definition, MetricType, Outcome, TriggerKind, Verdict
from mcp_server.budget import Page
from mcp_server.texts import PAGED, UNTRUSTED, cut, identifier, unified, untrusted
from mcp_server.tools.metric_answers import LONGEST_VALUE, ScoreAnswer

ROW_TEXT = 300
"""Characters of an explanation or a note beside a row."""
LONGEST_ID = 200


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
            call_id=identifier(row.external_id, LONGEST_ID),
            change=change,
            expected_value=cut(row.expected, LONGEST_VALUE),
            old_value=shown_value(row.before),
            new_value=shown_value(row.after),
            old_explanation=shown_reason(row.before),
            new_explanation=shown_reason(row.after),
            feedback=untrusted(row.note, ROW_TEXT),
        )


class ImprovedAnswer(BaseModel):
    """The texts a run wrote, a page of each where they are long; null where it proposed no change."""

    improved_metric_description: str | None
    improved_evaluation_trigger: str | None
    improved_trigger_kind: TriggerKind | None
    type: MetricType | None
    custom_code: str | None
    diffs: dict[str, str] = Field(description="A unified diff of each changed field, paged as the texts are.")
    truncated: bool = Field(description=PAGED)
    next_text_offset: int | None = Field(description="Where the next page begins; null at the end.")

    @classmethod
    def of_texts(cls, written: Definition | None, changes: Mapping[str, str], page: Page) -> ImprovedAnswer:
        texts = (written.description, written.trigger.text, written.custom_code) if written else ()
        description, trigger, code = (page.of(text) for text in texts) if texts else (None, None, None)
        return ImprovedAnswer(
            improved_metric_description=description,
            improved_evaluation_trigger=trigger,
            improved_trigger_kind=written.trigger.kind if written else None,
            type=written.type if written else None,
            custom_code=code,
            diffs={field: page.of(diff) for field, diff in changes.items()},
            truncated=not page.is_whole(*texts, *changes.values()),
            next_text_offset=page.next_offset(*texts, *changes.values()),
        )


class OptimisedAnswer(ImprovedAnswer):
    """What a run found for a metric."""

    outcome: Outcome
    shown_as: str
    reason: str
    applied: bool
    proposal_id: int | None = Field(description="Waits for apply_… or dismiss_optimisation_proposal.")
    old_score: ScoreAnswer | None
    new_score: ScoreAnswer | None = Field(description="Null where the evaluation was skipped.")
    held_out_old: ScoreAnswer | None = Field(description="On rows the search never saw; null below 30.")
    held_out_new: ScoreAnswer | None
    rows_fixed: int | None
    rows_broken: int | None
    review_results: list[RowAnswer] = Field(
        description="Rows broken and fixed, up to 20 of each, with the first page alone."
    )
    summary: str


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
    counts: dict[RowChange, int] = Field(description="Rows by change.")
    review_results: list[RowAnswer] = Field(description="Rows broken, fixed and wrong; up to 20 of each.")


class ReviewRunProgress(BaseModel):
    notice: str = UNTRUSTED
    progress_id: int
    status: Status
    stage: str
    calls_done: int
    calls_expected: int
    error: str
    output: ReviewRunOutput | None


class AppliedAnswer(BaseModel):
    """`applied`, or `scoring` where it had no score and is applied by itself unless it scores lower."""

    status: Literal["applied", "scoring"]
    version: int | None
    progress_id: int | None = Field(description="For metrics_run_reviews_progress, while it is scored.")
    what_next: str


class DismissedAnswer(BaseModel):
    proposal_id: int
    status: Literal["rejected"] = "rejected"


def shown_value(verdict: Verdict | None) -> str | None:
    if verdict is None:
        return None
    return cut(verdict.value, LONGEST_VALUE) if verdict.value is not None else f"({verdict.status.value})"


def shown_reason(verdict: Verdict | None) -> str:
    return untrusted(verdict.explanation or verdict.cause, ROW_TEXT) if verdict else ""


def diffs(detail: ResultDetail) -> dict[str, str]:
    """A unified diff of each field that the candidate changes."""
    before, after = detail.before or {}, detail.after or {}
    changed = [field for field in after if before.get(field, "") != after[field]]
    return {field: unified(before.get(field, ""), after[field]) for field in changed}
