"""Tools that run the optimiser on a metric: start, poll, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from core import metrics, runs
from core.runs import Progress, ResultDetail, RowChange, RunOptions
from core.terms import SHOWN_AS, Outcome
from mcp_server.budget import MOST_TOKENS, Page, fitting
from mcp_server.desk import ADDS, OVERWRITES, READS, Desk, errors_told
from mcp_server.texts import untrusted
from mcp_server.toolbox import Toolbox
from mcp_server.tools.arguments import MetricId, ProgressId, TestSetIds, TextOffset
from mcp_server.tools.metric_answers import ScoreAnswer
from mcp_server.tools.progress_answers import (
    CancelledAnswer,
    ImprovedAnswer,
    OptimisedAnswer,
    ProgressAnswer,
    RowAnswer,
    StartedAnswer,
    Status,
    diffs,
)

ROWS = 20
"""Of each kind in one answer."""
TEXT_PAGE = 20_000
LONGEST_REASON = 1_000
TEXTS = MOST_TOKENS * 2 // 3
"""For the texts; rows take what is left."""
ERRORS = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.OVER_BUDGET, Outcome.NOT_ENOUGH_LABELS})
POLL = (
    "Poll metric_reviews_process_feedbacks_progress every 30 seconds; nothing is applied until "
    "apply_optimisation_proposal."
)


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="Improve a metric from its labels", annotations=ADDS)
    def metric_reviews_process_feedbacks(
        metric_id: MetricId,
        test_set_ids: TestSetIds = None,
        skip_evaluation: Annotated[
            bool, Field(description="Do not score the rewrite; it is scored when it is applied.")
        ] = False,
    ) -> StartedAnswer:
        """Let the optimiser rewrite a metric's prompt from its labels and notes, and score it on them.

        Read-only: what it finds waits as a proposal. While one is going for the metric, its progress_id is
        returned. Without new feedback since the last run it ends at once as “no_changes”.
        """
        with errors_told():
            chosen = None if test_set_ids is None else tuple(test_set_ids)
            options = RunOptions(review_ids=chosen, skip_evaluation=skip_evaluation)
            started = runs.improve(desk.database, desk.who(), metric_id, options)
            desk.push([started.job_id])
            found = metrics.retrieve(desk.database, desk.who(), metric_id)
            going = f"Run {started.run_id} works on this metric already. " if started.joined else ""
            return StartedAnswer(
                progress_id=started.job_id,
                already_running=started.joined,
                run_id=started.run_id,
                link=desk.link("runs", project=found.project_id, run=started.run_id),
                what_next=going + POLL,
            )

    @box.tool(title="How far an improvement is", annotations=READS)
    def metric_reviews_process_feedbacks_progress(
        progress_id: ProgressId, text_offset: TextOffset = 0
    ) -> ProgressAnswer:
        """Poll an improvement; on success with the proposed texts, both scores, the diffs and the rows."""
        with errors_told():
            return _progress(desk, progress_id, text_offset)

    @box.tool(title="Cancel an improvement", annotations=OVERWRITES)
    def metric_reviews_process_feedbacks_cancel(progress_id: ProgressId) -> CancelledAnswer:
        """Cancel the run that this belongs to, with all its metrics; nothing of it is applied."""
        with errors_told():
            who = desk.who()
            run_id = runs.progress_of_job(desk.database, who, progress_id).run_id
            desk.push(runs.cancel(desk.database, who, run_id))
            return CancelledAnswer(run_id=run_id, what_next="It stops within seconds; poll once more to see.")


def _progress(desk: Desk, progress_id: int, text_offset: int) -> ProgressAnswer:
    found = runs.progress_of_job(desk.database, desk.who(), progress_id)
    status = _status(found)
    answer = ProgressAnswer(
        progress_id=progress_id,
        status=status,
        stage=found.stage,
        calls_done=found.calls_done,
        calls_expected=found.calls_expected,
        seconds_left=found.seconds_left,
        run_id=found.run_id,
        error=untrusted(found.reason, LONGEST_REASON) if status is Status.ERROR else "",
        output=None,
        link=desk.link("runs", run=found.run_id, result=found.result_id),
    )
    return _with_output(desk, answer, found.result_id, text_offset) if status is Status.SUCCESS else answer


def _status(found: Progress) -> Status:
    if found.outcome is None:
        return Status.RUNNING if found.waits_seconds is None else Status.QUEUED
    return Status.ERROR if found.outcome in ERRORS else Status.SUCCESS


def _with_output(desk: Desk, answer: ProgressAnswer, result_id: int, text_offset: int) -> ProgressAnswer:
    """With a page of each text, and beside the first one as many rows as fit."""
    detail = runs.result_detail(desk.database, desk.who(), result_id)
    written = (
        runs.written_candidate(desk.database, desk.who(), detail.id).definition if detail.after else None
    )
    changes = diffs(detail)
    texts = fitting(
        lambda size: ImprovedAnswer.of_texts(written, changes, Page(text_offset, size)), TEXT_PAGE, TEXTS
    )
    rows = _rows(desk, detail.id) if detail.optimised and not text_offset else []
    return fitting(
        lambda count: answer.model_copy(update={"output": _output(detail, texts, rows[:count])}),
        len(rows) or 1,
    )


def _output(detail: ResultDetail, texts: ImprovedAnswer, rows: Sequence[RowAnswer]) -> OptimisedAnswer:
    assert detail.outcome is not None  # asked for once it has one
    held_out = detail.held_out or (None, None)
    return OptimisedAnswer(
        **dict(texts),
        outcome=detail.outcome,
        shown_as=SHOWN_AS[detail.outcome],
        reason=untrusted(detail.reason, LONGEST_REASON),
        applied=detail.applied_version is not None,
        proposal_id=detail.proposal.id if detail.proposal and detail.waits else None,
        old_score=ScoreAnswer.of(detail.baseline),
        new_score=ScoreAnswer.of(detail.optimised),
        held_out_old=ScoreAnswer.of(held_out[0]),
        held_out_new=ScoreAnswer.of(held_out[1]),
        rows_fixed=detail.fixed,
        rows_broken=detail.broken,
        review_results=list(rows),
        summary=untrusted(detail.summary, LONGEST_REASON),
    )


def _rows(desk: Desk, result_id: int) -> list[RowAnswer]:
    found: list[RowAnswer] = []
    for change in (RowChange.BROKEN, RowChange.FIXED):
        page = runs.result_rows(desk.database, desk.who(), result_id, change, limit=ROWS)
        found += [RowAnswer.of(row, change) for row in page.rows]
    return found
