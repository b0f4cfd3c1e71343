"""Trials as people and programs see them: how far one is, what it came to, and its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import jobs
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import NotFound
from core.jobs import JobView
from core.judging.changes import RowChange
from core.lab.excerpts import Excerpt, excerpt
from core.lab.transcripts import messages_of
from core.metrics import find, find_for, read_definition
from core.models import Call, Job, Metric, MetricReview, MetricVersion, Trial, TrialRow, User
from core.terms import Actor, Definition, Role, Score, Verdict, VerdictStatus
from core.trials.labels import changed_labels
from core.trials.starting import KIND
from core.trials.terms import Scope

PAGE = 5
"""Rows on one page of each kind."""


@dataclass(frozen=True, slots=True)
class TrialView:
    """How a trial stands. Scores are over the labelled rows that both definitions were judged on.

    `changes` counts its rows; empty until it is finished. `outdated`: the metric's definition or settings
    are no longer those it was compared with. `labels_changed` counts labels given, changed or taken back
    since. `base_version` is the version it was compared with, `applied_version` the one it became.
    `saved`: its verdicts were kept as the Lab's actual values.
    `waits_seconds` is how long no worker has taken it, None unless it is queued; `seconds_left` None while
    nothing can be told.
    """

    id: int
    metric_id: int
    scope: Scope
    result_id: int | None
    definition: Definition
    job: JobView
    waits_seconds: float | None
    seconds_left: float | None
    baseline: Score | None
    tried: Score | None
    changes: Mapping[RowChange, int]
    base_version: int | None
    applied_version: int | None
    saved: bool
    outdated: bool
    labels_changed: int
    starter: str | None
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    created_at: datetime
    read_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether it came to its end, so that its scores and rows are there."""
        return self.job.status == "finished"

    @property
    def lower(self) -> bool:
        """Whether fewer labels agree than with the live definition."""
        return bool(self.baseline and self.tried and self.tried.correct < self.baseline.correct)


@dataclass(frozen=True, slots=True)
class TrialRowView:
    """A call of a trial. `expected` is its label as it was, `label` as it is now, None without one.

    `revision` is that of its row in the Lab, for who marks what is shown here; None while it has no row.
    """

    id: int
    call_id: int
    external_id: str
    change: RowChange
    expected: str | None
    label: str | None
    note: str
    revision: int | None
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True, slots=True)
class TrialCall:
    """The call behind a row; a very long transcript is cut in the middle."""

    metric_id: int
    review_id: int | None
    external_id: str
    transcript: Excerpt


def show_trial(database: Database, actor: Actor, trial_id: int) -> TrialView:
    """Raises NotFound, NotAllowed."""
    with database.read() as session:
        trial, metric = found_trial(session, actor, trial_id)
        return _view(session, trial, metric)


def show_trial_of_job(database: Database, actor: Actor, job_id: int) -> TrialView:
    """The trial that this job works on. Raises NotFound, NotAllowed."""
    with database.read() as session:
        job = session.get(Job, job_id)
        nothing = NotFound("trial with the progress id", job_id)
        if job is None or job.kind != KIND:
            raise nothing
        trial, metric = found_trial(session, actor, job.subject_id, unseen=nothing)
        return _view(session, trial, metric)


def newest_trial(
    database: Database,
    actor: Actor,
    metric_id: int,
    scope: Scope,
    *,
    result_id: int | None = None,
    of: Definition | None = None,
    other_than: Definition | None = None,
) -> TrialView | None:
    """The newest trial of a result's candidate, or of what became of it by editing; None where there is none.

    Without a result that of what somebody wrote for the metric. `of` and `other_than` say of which
    definition. Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        metric = find_for(session, actor, metric_id, Role.VIEWER, "see this metric")
        query = select(Trial).where(
            Trial.metric_id == metric.id,
            Trial.result_id.is_not_distinct_from(result_id),
            Trial.scope == scope.value,
        )
        if of is not None:
            query = query.where(Trial.digest == of.digest())
        if other_than is not None:
            query = query.where(Trial.digest != other_than.digest())
        newest = session.scalar(query.order_by(Trial.id.desc()).limit(1))
        return None if newest is None else _view(session, newest, metric)


def trial_rows(
    database: Database,
    actor: Actor,
    trial_id: int,
    changes: Sequence[RowChange],
    *,
    offset: int = 0,
    limit: int = PAGE,
) -> list[TrialRowView]:
    """The rows of a trial with one of these changes, in the order judged. Raises NotFound, NotAllowed."""
    with database.read() as session:
        trial, metric = found_trial(session, actor, trial_id)
        in_lab = (MetricReview.call_id == TrialRow.call_id) & (MetricReview.metric_id == metric.id)
        rows = session.execute(
            select(TrialRow, Call.external_id, MetricReview)
            .join(Call, Call.id == TrialRow.call_id)
            .outerjoin(MetricReview, in_lab)
            .where(TrialRow.trial_id == trial.id, TrialRow.change.in_([change.value for change in changes]))
            .order_by(TrialRow.id)
            .offset(offset)
            .limit(limit)
        )
        return [_row(*row) for row in rows]


def trial_call(database: Database, actor: Actor, trial_id: int, row_id: int) -> TrialCall:
    """The call behind a row of a trial. Raises NotFound, NotAllowed."""
    with database.read() as session:
        trial, metric = found_trial(session, actor, trial_id)
        in_lab = (MetricReview.call_id == TrialRow.call_id) & (MetricReview.metric_id == metric.id)
        found = session.execute(
            select(Call.external_id, Call.transcript, MetricReview.id)
            .join(TrialRow, TrialRow.call_id == Call.id)
            .outerjoin(MetricReview, in_lab)
            .where(TrialRow.id == row_id, TrialRow.trial_id == trial.id)
        ).one_or_none()
        if found is None:
            raise NotFound("row of this trial", row_id)
        return TrialCall(metric.id, found.id, found.external_id, excerpt(messages_of(found.transcript)))


def found_trial(
    session: Session,
    actor: Actor,
    trial_id: int,
    role: Role = Role.VIEWER,
    *,
    unseen: NotFound | None = None,
) -> tuple[Trial, Metric]:
    """A trial and its metric, for who may see it; `unseen` as in `authorise`. Raises NotFound, NotAllowed."""
    trial = session.get(Trial, trial_id)
    if trial is None:
        raise NotFound("trial", trial_id)
    project = session.get_one(Metric, trial.metric_id).project_id
    what = "see trials" if role is Role.VIEWER else "label calls"
    authorise(session, actor, project, role, what, unseen=unseen or NotFound("trial", trial_id))
    return trial, find(session, trial.metric_id)


def verdict(status: str | None, value: str | None, explanation: str) -> Verdict | None:
    """As three columns hold it."""
    return None if status is None else Verdict(VerdictStatus(status), value, explanation)


def _view(session: Session, trial: Trial, metric: Metric) -> TrialView:
    job = session.scalars(select(Job).where(Job.kind == KIND, Job.subject_id == trial.id)).one()
    return TrialView(
        id=trial.id,
        metric_id=trial.metric_id,
        scope=Scope(trial.scope),
        result_id=trial.result_id,
        definition=read_definition(trial.definition),
        job=jobs.view_of(job),
        waits_seconds=_waits_seconds(session, job),
        seconds_left=_seconds_left(session, job),
        baseline=Score.or_none(trial.baseline_correct, trial.baseline_total, trial.not_judged),
        tried=Score.or_none(trial.tried_correct, trial.tried_total, trial.not_judged),
        changes=_changes(session, trial),
        base_version=_number(session, trial.base_version_id),
        applied_version=_number(session, trial.applied_version_id),
        saved=bool(trial.options.get("saved")),
        outdated=is_outdated(trial, metric),
        labels_changed=_labels_changed(session, trial),
        starter=_email(session, trial.starter_id),
        calls=trial.calls,
        input_tokens=trial.input_tokens,
        output_tokens=trial.output_tokens,
        cost=trial.cost,
        created_at=trial.created_at,
        read_at=trial.read_at,
        finished_at=trial.finished_at,
    )


def is_outdated(trial: Trial, metric: Metric) -> bool:
    """Whether the metric moved on since the trial read it, but to what was tried itself."""
    if trial.base_revision is None or trial.applied_version_id is not None:
        return False
    return metric.revision != trial.base_revision


def _labels_changed(session: Session, trial: Trial) -> int:
    if trial.scope != Scope.LABELS or trial.read_at is None or trial.options.get("review_ids") is not None:
        return 0
    return changed_labels(session, trial.metric_id, TrialRow, TrialRow.trial_id == trial.id, trial.read_at)


def _changes(session: Session, trial: Trial) -> dict[RowChange, int]:
    rows = session.execute(
        select(TrialRow.change, func.count()).where(TrialRow.trial_id == trial.id).group_by(TrialRow.change)
    )
    return {RowChange(change): count for change, count in rows}


def _waits_seconds(session: Session, job: Job) -> float | None:
    return (database_now(session) - job.created_at).total_seconds() if job.status == "queued" else None


def _seconds_left(session: Session, job: Job) -> float | None:
    if job.status != "running" or job.started_at is None:
        return None
    elapsed = (database_now(session) - job.started_at).total_seconds()
    return jobs.seconds_left(job.calls_done, job.calls_expected, elapsed)


def _number(session: Session, version_id: int | None) -> int | None:
    return session.get_one(MetricVersion, version_id).number if version_id else None


def _email(session: Session, user_id: int | None) -> str | None:
    return session.get_one(User, user_id).email if user_id else None


def _row(row: TrialRow, external_id: str, review: MetricReview | None) -> TrialRowView:
    return TrialRowView(
        id=row.id,
        call_id=row.call_id,
        external_id=external_id,
        change=RowChange(row.change),
        expected=row.expected_value,
        label=review.expected_value if review else None,
        note=review.feedback if review else "",
        revision=review.revision if review else None,
        before=verdict(row.before_status, row.before_value, row.before_explanation),
        after=verdict(row.after_status, row.after_value, row.after_explanation),
    )
