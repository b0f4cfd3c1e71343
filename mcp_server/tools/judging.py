"""Tools that judge a metric's labelled rows afresh, with the live definition or a changed one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core import metrics, runs, trials
from core.runs import RowChange
from core.trials import TrialRowView, TrialView
from mcp_server.budget import fitting
from mcp_server.desk import ADDS, READS, Desk, errors_told
from mcp_server.texts import cut, identifier, untrusted
from mcp_server.toolbox import Toolbox
from mcp_server.tools.arguments import (
    Code,
    Description,
    Kind,
    MetricId,
    ProgressId,
    TestSetIds,
    TriggerText,
    Type,
    definition_change,
)
from mcp_server.tools.metric_answers import LONGEST_VALUE, ScoreAnswer
from mcp_server.tools.progress_answers import (
    LONGEST_ID,
    ROW_TEXT,
    ReviewRunOutput,
    ReviewRunProgress,
    RowAnswer,
    StartedAnswer,
    Status,
    shown_reason,
    shown_value,
)

ROWS = 20
SHOWN = (RowChange.BROKEN, RowChange.FIXED, RowChange.STILL_WRONG)
STATUS = {
    "queued": Status.QUEUED,
    "running": Status.RUNNING,
    "finished": Status.SUCCESS,
    "failed": Status.ERROR,
    "cancelled": Status.ERROR,
}


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="Judge a metric's labelled rows afresh", annotations=ADDS)
    def metrics_run_reviews_create(
        metric_id: MetricId,
        description: Description = None,
        evaluation_trigger: TriggerText = None,
        evaluation_trigger_kind: Kind = None,
        type: Type = None,
        custom_code: Code = None,
        test_set_ids: TestSetIds = None,
        skip_save: Annotated[bool, Field(description="Keep the Lab's actual values as they are.")] = False,
    ) -> StartedAnswer:
        """Score the live definition on its labels anew; or, with changed fields that are not saved, score
        those beside the live one. Verdicts of the live definition become the Lab's actual values."""
        with errors_told():
            change = definition_change(
                description, evaluation_trigger, evaluation_trigger_kind, type, custom_code
            )
            started = runs.score_change(
                desk.database, desk.who(), metric_id, change, review_ids=test_set_ids, save=not skip_save
            )
            desk.push([started.job_id])
            project = metrics.retrieve(desk.database, desk.who(), metric_id).project_id
            return StartedAnswer(
                progress_id=started.job_id,
                already_running=started.joined,
                link=desk.link("metrics", project=project, metric=metric_id),
                what_next="Poll metrics_run_reviews_progress.",
            )

    @box.tool(title="How far judging afresh is", annotations=READS)
    def metrics_run_reviews_progress(progress_id: ProgressId) -> ReviewRunProgress:
        """Poll it; on success with the scores and the rows that changed or are wrong."""
        with errors_told():
            found = trials.show_trial_of_job(desk.database, desk.who(), progress_id)
            rows = _rows(desk, found.id) if found.finished else []
            return fitting(lambda count: _progress(found, progress_id, rows[:count]), len(rows) or 1)


def _progress(found: TrialView, progress_id: int, rows: list[RowAnswer]) -> ReviewRunProgress:
    job = found.job
    return ReviewRunProgress(
        progress_id=progress_id,
        status=STATUS[job.status],
        stage=job.stage,
        calls_done=job.calls_done,
        calls_expected=job.calls_expected,
        error=untrusted(job.error, 1_000) or ("It was cancelled." if job.status == "cancelled" else ""),
        output=_output(found, rows) if found.finished else None,
    )


def _output(found: TrialView, rows: list[RowAnswer]) -> ReviewRunOutput:
    return ReviewRunOutput(
        old_score=ScoreAnswer.of(found.baseline),
        new_score=ScoreAnswer.of(found.tried),
        saved=found.saved,
        live_version=found.base_version,
        counts=dict(found.changes),
        review_results=rows,
    )


def _rows(desk: Desk, trial_id: int) -> list[RowAnswer]:
    return [
        _row(row)
        for change in SHOWN
        for row in trials.trial_rows(desk.database, desk.who(), trial_id, [change], limit=ROWS)
    ]


def _row(row: TrialRowView) -> RowAnswer:
    return RowAnswer(
        id=row.id,
        call_id=identifier(row.external_id, LONGEST_ID),
        change=row.change,
        expected_value=None if row.expected is None else cut(row.expected, LONGEST_VALUE),
        old_value=shown_value(row.before),
        new_value=shown_value(row.after),
        old_explanation=shown_reason(row.before),
        new_explanation=shown_reason(row.after),
        feedback=untrusted(row.note, ROW_TEXT),
    )
