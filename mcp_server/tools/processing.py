"""Tools that run the optimiser on a metric: start, poll, cancel."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from core import metrics, runs
from core.runs import Progress, ResultDetail, RowChange, RunOptions
from core.terms import SHOWN_AS, Outcome
from mcp_server.desk import OVERWRITES, READS, STARTS, Desk, errors_told
from mcp_server.texts import cut
from mcp_server.tools.arguments import MetricId, ProgressId, TestSetIds
from mcp_server.tools.metric_answers import ScoreAnswer
from mcp_server.tools.run_answers import (
    CancelledAnswer,
    OptimisedAnswer,
    ProgressAnswer,
    RowAnswer,
    StartedAnswer,
    Status,
    diffs,
)

ROWS = 20
"""Of each kind in one answer."""
ERRORS = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.OVER_BUDGET, Outcome.NOT_ENOUGH_LABELS})
POLL = (
    "Poll metric_reviews_process_feedbacks_progress every 30 seconds; nothing is applied until "
    "apply_optimisation_proposal."
)


def register(server: MCPServer, desk: Desk) -> None:
    @server.tool(title="Improve a metric from its labels", annotations=STARTS)
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

    @server.tool(title="How far an improvement is", annotations=READS)
    def metric_reviews_process_feedbacks_progress(progress_id: ProgressId) -> ProgressAnswer:
        """Poll an improvement; on success with the proposed texts, both scores, the diffs and the rows."""
        with errors_told():
            return _progress(desk, progress_id)

    @server.tool(title="Cancel an improvement", annotations=OVERWRITES)
    def metric_reviews_process_feedbacks_cancel(progress_id: ProgressId) -> CancelledAnswer:
        """Cancel the run that this belongs to, with all its metrics; nothing of it is applied."""
        with errors_told():
            who = desk.who()
            run_id = runs.progress_of_job(desk.database, who, progress_id).run_id
            desk.push(runs.cancel(desk.database, who, run_id))
            return CancelledAnswer(run_id=run_id, what_next="It stops within seconds; poll once more to see.")


def _progress(desk: Desk, progress_id: int) -> ProgressAnswer:
    found = runs.progress_of_job(desk.database, desk.who(), progress_id)
    status = _status(found)
    done = (
        runs.result_detail(desk.database, desk.who(), found.result_id) if status is Status.SUCCESS else None
    )
    return ProgressAnswer(
        progress_id=progress_id,
        status=status,
        stage=found.stage,
        calls_done=found.calls_done,
        calls_expected=found.calls_expected,
        seconds_left=found.seconds_left,
        run_id=found.run_id,
        error=found.reason if status is Status.ERROR else "",
        output=_output(desk, done) if done else None,
        link=desk.link("runs", run=found.run_id, result=found.result_id),
    )


def _status(found: Progress) -> Status:
    if found.outcome is None:
        return Status.RUNNING if found.waits_seconds is None else Status.QUEUED
    return Status.ERROR if found.outcome in ERRORS else Status.SUCCESS


def _output(desk: Desk, detail: ResultDetail) -> OptimisedAnswer:
    assert detail.outcome is not None  # asked for once it has one
    written = (
        runs.written_candidate(desk.database, desk.who(), detail.id).definition if detail.after else None
    )
    held_out = detail.held_out or (None, None)
    return OptimisedAnswer(
        outcome=detail.outcome,
        shown_as=SHOWN_AS[detail.outcome],
        reason=detail.reason,
        applied=detail.applied_version is not None,
        proposal_id=detail.proposal.id if detail.proposal and detail.waits else None,
        improved_metric_description=cut(written.description) if written else None,
        improved_evaluation_trigger=cut(written.trigger.text) if written else None,
        improved_trigger_kind=written.trigger.kind if written else None,
        type=written.type if written else None,
        custom_code=cut(written.custom_code) if written else None,
        old_score=ScoreAnswer.of(detail.baseline),
        new_score=ScoreAnswer.of(detail.optimised),
        held_out_old=ScoreAnswer.of(held_out[0]),
        held_out_new=ScoreAnswer.of(held_out[1]),
        rows_fixed=detail.fixed,
        rows_broken=detail.broken,
        review_results=_rows(desk, detail.id) if detail.optimised else [],
        summary=cut(detail.summary, 1_000),
        diffs=diffs(detail),
    )


def _rows(desk: Desk, result_id: int) -> list[RowAnswer]:
    found: list[RowAnswer] = []
    for change in (RowChange.FIXED, RowChange.BROKEN):
        page = runs.result_rows(desk.database, desk.who(), result_id, change, limit=ROWS)
        found += [RowAnswer.of(row, change) for row in page.rows]
    return found
