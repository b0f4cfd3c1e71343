"""The tables. The database is the truth; Redis only carries wake-ups.

*Once* is a UNIQUE constraint, *mine* is a conditional UPDATE. Values of labels and verdicts are
canonical text (`core.judging.values`); where a column of values is NULL, its neighbour says why.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    false,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.terms import Definition, EvalSettings, EvalType, MetricType, Trigger, TriggerKind

Key = BigInteger().with_variant(Integer, "sqlite")
"""Integer keys; SQLite numbers rows by itself only in a column of type INTEGER."""


def key() -> Mapped[int]:
    return mapped_column(Key, primary_key=True)


def refers(column: str, *, index: bool = True, cascade: bool = False) -> Mapped[int]:
    return mapped_column(Key, ForeignKey(column, ondelete="CASCADE" if cascade else None), index=index)


def refers_or_null(column: str, *, index: bool = False) -> Mapped[int | None]:
    return mapped_column(Key, ForeignKey(column), index=index)


def created() -> Mapped[datetime]:
    return mapped_column(UTCDateTime, server_default=func.now())


class User(Base):
    __tablename__ = "user"
    __table_args__ = (Index("uq_user_oidc_subject", "oidc_subject", unique=True),)
    id: Mapped[int] = key()
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """argon2id in its own text form, or NULL for somebody who signs in elsewhere or not yet."""
    oidc_subject: Mapped[str | None] = mapped_column(String(600))
    """Issuer and subject of the identity provider's account, once it signed in here."""
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class SignInSession(Base):
    """A browser that signed in. The cookie holds a random token, the table only its SHA-256."""

    __tablename__ = "session"
    id: Mapped[int] = key()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = refers("user.id", cascade=True)
    method: Mapped[str] = mapped_column(String(20))
    """password, link, oidc or proxy."""
    address: Mapped[str] = mapped_column(String(100), default="")
    browser: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = created()
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class SignInFailure(Base):
    """Wrong passwords of one account (`account:<email>`) or one client (`address:<ip>`)."""

    __tablename__ = "sign_in_failure"
    key: Mapped[str] = mapped_column(String(340), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class OneTimeLink(Base):
    """A link that lets one person in once: welcome, invitation or reset. Only its SHA-256 is stored."""

    __tablename__ = "one_time_link"
    id: Mapped[int] = key()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = refers("user.id", cascade=True)
    created_by: Mapped[int | None] = refers_or_null("user.id")
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ApiToken(Base):
    """A token for MCP and scripts: one person's, in one project, with at most one role."""

    __tablename__ = "api_token"
    id: Mapped[int] = key()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    """The token's first characters, so that people can tell tokens apart."""
    name: Mapped[str] = mapped_column(String(200))
    project_id: Mapped[int] = refers("project.id")
    user_id: Mapped[int] = refers("user.id")
    role: Mapped[int]
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Project(Base):
    __tablename__ = "project"
    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(String(200), unique=True)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    model: Mapped[str | None] = mapped_column(String(200))
    monthly_calls: Mapped[int | None]
    """Hard cap on calls to the model in a calendar month of the project's timezone; NULL for none."""
    monthly_cost: Mapped[float | None]
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the last weekly reminder of waiting proposals was written."""
    created_at: Mapped[datetime] = created()


class ModelEndpoint(Base):
    """A project's own model endpoint. The key is encrypted, and sent to this address alone."""

    __tablename__ = "model_endpoint"
    project_id: Mapped[int] = mapped_column(
        Key, ForeignKey("project.id", ondelete="CASCADE"), primary_key=True
    )
    base_url: Mapped[str] = mapped_column(String(500))
    sealed_key: Mapped[str | None] = mapped_column(Text)
    price_input: Mapped[float | None]
    price_output: Mapped[float | None]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    user_id: Mapped[int] = refers("user.id")
    role: Mapped[int]
    email_notifications: Mapped[bool] = mapped_column(default=True)


class Setting(Base):
    """Small facts about this installation, such as whether the demo was loaded."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Metric(Base):
    __tablename__ = "metric"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    name: Mapped[str] = mapped_column(String(200))
    eval_type: Mapped[str] = mapped_column(String(20))
    enum_values: Mapped[list[str]] = mapped_column(JSON, default=list)
    tolerance: Mapped[float] = mapped_column(default=0.0)
    model: Mapped[str | None] = mapped_column(String(200))
    critical: Mapped[bool] = mapped_column(default=False)
    live_version_id: Mapped[int | None] = mapped_column(Key, index=True)
    """Without a foreign key: versions refer to their metric, and a cycle cannot be created in SQLite."""
    revision: Mapped[int] = mapped_column(default=1)
    """Counts every change of definition or eval settings; a run that saw another one is stale."""
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()

    @property
    def eval_settings(self) -> EvalSettings:
        return EvalSettings(EvalType(self.eval_type), tuple(self.enum_values), self.tolerance)


class MetricVersion(Base):
    """An immutable snapshot of a metric's definition."""

    __tablename__ = "metric_version"
    __table_args__ = (UniqueConstraint("metric_id", "number"),)
    id: Mapped[int] = key()
    metric_id: Mapped[int] = refers("metric.id", index=False)
    number: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    trigger_kind: Mapped[str] = mapped_column(String(10))
    trigger_text: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[str] = mapped_column(String(20))
    custom_code: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(String(64))
    comment: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[int | None] = refers_or_null("user.id")
    result_id: Mapped[int | None] = mapped_column(Key, index=True)
    """The result whose candidate this version is, or NULL for an edit by hand."""
    created_at: Mapped[datetime] = created()

    @property
    def definition(self) -> Definition:
        return Definition(
            description=self.description,
            trigger=Trigger(TriggerKind(self.trigger_kind), self.trigger_text),
            type=MetricType(self.type),
            custom_code=self.custom_code,
        )


class Call(Base):
    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("project_id", "external_id"),
        Index("ix_call_project_digest", "project_id", "digest"),
    )
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    external_id: Mapped[str] = mapped_column(String(200))
    transcript: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the turns' roles and contents: equal for identical transcripts."""
    group: Mapped[str | None] = mapped_column(String(200))
    """Calls of one conversation share it; a split never parts them."""
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSON, default=dict)
    created_at: Mapped[datetime] = created()


class MetricReview(Base):
    """One row of a Lab: a call, what the live metric said of it and what a person says."""

    __tablename__ = "metric_review"
    __table_args__ = (
        UniqueConstraint("metric_id", "call_id"),
        Index("ix_metric_review_labelled", "metric_id", "labelled"),
        Index("ix_metric_review_labelled_at", "metric_id", "labelled_at"),
    )
    id: Mapped[int] = key()
    metric_id: Mapped[int] = refers("metric.id", index=False)
    call_id: Mapped[int] = refers("call.id")
    labelled: Mapped[bool] = mapped_column(default=False)
    expected_value: Mapped[str | None] = mapped_column(Text)
    feedback: Mapped[str] = mapped_column(Text, default="")
    labelled_by: Mapped[int | None] = refers_or_null("user.id")
    labelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    judged: Mapped[str | None] = mapped_column(String(20))
    """A VerdictStatus, or NULL while the live metric has not been evaluated on the call."""
    actual_value: Mapped[str | None] = mapped_column(Text)
    explanation: Mapped[str] = mapped_column(Text, default="")
    evaluated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    evaluated_version_id: Mapped[int | None] = refers_or_null("metric_version.id")
    unstable: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether that version answered otherwise before, when it was asked the same."""
    revision: Mapped[int] = mapped_column(default=1)
    """Counts what people say of the row; verdicts do not count."""
    created_at: Mapped[datetime] = created()


class CallImport(Base):
    """A file on its way into a project; the job of kind import works on it, `report` says how far it is."""

    __tablename__ = "call_import"
    __table_args__ = (Index("ix_call_import_project", "project_id", "id"),)
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    metric_id: Mapped[int | None] = refers_or_null("metric.id", index=True)
    name: Mapped[str] = mapped_column(String(300))
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    rows: Mapped[int]
    """As many as there were when it was looked at; for the progress."""
    columns: Mapped[dict[str, str]] = mapped_column(JSON)
    """The mapping of fields to the file's columns that a person chose."""
    header: Mapped[list[str]] = mapped_column(JSON)
    """The columns of the file, by which the mapping is found again for the next one."""
    skip_bad: Mapped[bool]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """An ImportReport as the last batch left it; written in that batch's transaction."""
    started_by: Mapped[int | None] = refers_or_null("user.id")
    actor: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime] = created()


class CallImportPiece(Base):
    """A megabyte of the file, until the job is closed: web and worker may be different machines."""

    __tablename__ = "call_import_piece"
    import_id: Mapped[int] = mapped_column(
        Key, ForeignKey("call_import.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class LabelChange(Base):
    """What somebody said of a row of a Lab, and what stood there before. Rows are only added.

    `revision` is the one the change led to, so that a change is known by what it made of the row.
    """

    __tablename__ = "label_change"
    __table_args__ = (UniqueConstraint("review_id", "revision"),)
    id: Mapped[int] = key()
    review_id: Mapped[int] = refers("metric_review.id", index=False, cascade=True)
    revision: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    """label, note, unlabel, undo or import."""
    user_id: Mapped[int | None] = refers_or_null("user.id")
    expected_before: Mapped[str | None] = mapped_column(Text)
    feedback_before: Mapped[str] = mapped_column(Text, default="")
    labelled_by_before: Mapped[int | None] = refers_or_null("user.id")
    labelled_at_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expected_after: Mapped[str | None] = mapped_column(Text)
    feedback_after: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Schedule(Base):
    __tablename__ = "schedule"
    __table_args__ = (Index("ix_schedule_due", "enabled", "next_fire_at"),)
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id")
    name: Mapped[str] = mapped_column(String(200))
    cron: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    auto_apply: Mapped[bool] = mapped_column(default=False)
    apply_code: Mapped[bool] = mapped_column(default=True)
    guard: Mapped[str] = mapped_column(String(10), default="standard")
    notify: Mapped[str] = mapped_column(String(10), default="both")
    enabled: Mapped[bool] = mapped_column(default=True)
    paused_reason: Mapped[str] = mapped_column(Text, default="")
    max_calls: Mapped[int | None]
    max_cost: Mapped[float | None]
    next_fire_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    owner_id: Mapped[int | None] = refers_or_null("user.id")
    revision: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class ScheduleMetric(Base):
    __tablename__ = "schedule_metric"
    schedule_id: Mapped[int] = mapped_column(Key, ForeignKey("schedule.id"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(Key, ForeignKey("metric.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    auto_apply_confirmed: Mapped[bool] = mapped_column(default=False)
    """An admin typed the critical metric's name; until then the schedule only proposes for it."""


class FireRecord(Base):
    """One due moment of a schedule and what became of it: run, missed or skipped."""

    __tablename__ = "fire"
    __table_args__ = (UniqueConstraint("schedule_id", "due_at"),)
    id: Mapped[int] = key()
    schedule_id: Mapped[int] = refers("schedule.id", index=False)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text, default="")
    run_id: Mapped[int | None] = refers_or_null("run.id")
    created_at: Mapped[datetime] = created()


class Run(Base):
    """One firing over one or more metrics. Its state is derived from its results until finished."""

    __tablename__ = "run"
    __table_args__ = (
        Index(
            "ix_run_open",
            "finished_at",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_run_project", "project_id", "id"),
        Index("ix_run_project_created", "project_id", "created_at"),
    )
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    schedule_id: Mapped[int | None] = refers_or_null("schedule.id", index=True)
    trigger: Mapped[str] = mapped_column(String(20))
    """schedule, button, mcp or command line."""
    starter_id: Mapped[int | None] = refers_or_null("user.id")
    auto_apply: Mapped[bool] = mapped_column(default=False)
    apply_code: Mapped[bool] = mapped_column(default=True)
    guard: Mapped[str] = mapped_column(String(10), default="standard")
    notify: Mapped[str] = mapped_column(String(10), default="both")
    max_calls: Mapped[int | None]
    max_cost: Mapped[float | None]
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class Result(Base):
    """One metric's row in a run. `state` is waiting, active or done; done ones have an outcome."""

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("run_id", "metric_id"),
        Index(
            "uq_result_active_metric",
            "metric_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_result_metric", "metric_id", "id"),
        Index("ix_result_spent", "run_id", "calls", "cost"),
        Index("ix_result_fingerprint", "metric_id", "fingerprint"),
    )
    id: Mapped[int] = key()
    run_id: Mapped[int] = refers("run.id", index=False)
    metric_id: Mapped[int] = refers("metric.id", index=False)
    state: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str | None] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text, default="")
    """One sentence for the person it concerns."""
    warning: Mapped[str] = mapped_column(Text, default="")
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    same_as_result_id: Mapped[int | None] = mapped_column(Key)
    """For no_changes by fingerprint: the earlier result that decided the same question."""
    base_version_id: Mapped[int | None] = refers_or_null("metric_version.id")
    base_digest: Mapped[str | None] = mapped_column(String(64))
    base_revision: Mapped[int | None]
    candidate: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The four fields of the candidate, its rules and summary; see `runs.candidates`."""
    candidate_digest: Mapped[str | None] = mapped_column(String(64))
    applied_version_id: Mapped[int | None] = refers_or_null("metric_version.id")
    applied_correct: Mapped[int | None]
    """The score it went live with where that is not the optimised one: edited, or scored again, before."""
    applied_total: Mapped[int | None]
    applied_not_judged: Mapped[int | None]
    labelled: Mapped[int | None]
    baseline_correct: Mapped[int | None]
    baseline_total: Mapped[int | None]
    optimised_correct: Mapped[int | None]
    optimised_total: Mapped[int | None]
    held_out: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    not_judged: Mapped[int] = mapped_column(default=0)
    fixed: Mapped[int | None]
    broken: Mapped[int | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """Statistics of the comparison: see `runs.evidence`."""
    findings: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What people should look at: contradictory labels, unstable rows, rows no candidate satisfied."""
    log: Mapped[list[str] | None] = mapped_column(JSON)
    """What the search did, one sentence a step."""
    calls: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost: Mapped[float | None]
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class RowResult(Base):
    """A labelled row's verdict before and after, as it was in one result."""

    __tablename__ = "row_result"
    __table_args__ = (UniqueConstraint("result_id", "review_id"),)
    id: Mapped[int] = key()
    result_id: Mapped[int] = refers("result.id", index=False)
    review_id: Mapped[int] = refers("metric_review.id")
    expected_value: Mapped[str] = mapped_column(Text)
    part: Mapped[str] = mapped_column(String(10))
    """learn, choose or held_out."""
    before_status: Mapped[str | None] = mapped_column(String(20))
    before_value: Mapped[str | None] = mapped_column(Text)
    before_explanation: Mapped[str] = mapped_column(Text, default="")
    after_status: Mapped[str | None] = mapped_column(String(20))
    after_value: Mapped[str | None] = mapped_column(Text)
    after_explanation: Mapped[str] = mapped_column(Text, default="")


class Proposal(Base):
    """A candidate that waits for a person: waiting, applied, rejected or superseded."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "uq_proposal_waiting_metric",
            "metric_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )
    id: Mapped[int] = key()
    metric_id: Mapped[int] = refers("metric.id")
    result_id: Mapped[int] = mapped_column(Key, ForeignKey("result.id"), unique=True)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    scored: Mapped[bool] = mapped_column(default=True)
    closed_by: Mapped[int | None] = refers_or_null("user.id")
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_reason: Mapped[str] = mapped_column(Text, default="")
    superseded_by: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = created()


class Trial(Base):
    """A definition that is tried: judged afresh, beside the live one, on some of the metric's calls.

    Behind it stands a job of kind “trial”; what it came to is here and in its rows. See `core.trials`.
    """

    __tablename__ = "trial"
    __table_args__ = (
        Index("ix_trial_metric", "metric_id", "id"),
        Index("ix_trial_result", "result_id", "id"),
    )
    id: Mapped[int] = key()
    metric_id: Mapped[int] = refers("metric.id", index=False)
    scope: Mapped[str] = mapped_column(String(10))
    """labels: every labelled row; recent: the newest calls without a label."""
    result_id: Mapped[int | None] = refers_or_null("result.id")
    """The result whose candidate it is, as it was or edited; NULL for what somebody is writing."""
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    starter_id: Mapped[int | None] = refers_or_null("user.id")
    origin: Mapped[str] = mapped_column(String(20))
    base_version_id: Mapped[int | None] = refers_or_null("metric_version.id")
    """The version that was live when the rows were read."""
    base_revision: Mapped[int | None]
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the rows and their labels were read."""
    baseline_correct: Mapped[int | None]
    baseline_total: Mapped[int | None]
    tried_correct: Mapped[int | None]
    tried_total: Mapped[int | None]
    not_judged: Mapped[int] = mapped_column(default=0)
    calls: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cost: Mapped[float | None]
    applied_version_id: Mapped[int | None] = refers_or_null("metric_version.id", index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class TrialRow(Base):
    """One call of a trial: both verdicts, and what lies between them."""

    __tablename__ = "trial_row"
    __table_args__ = (
        UniqueConstraint("trial_id", "call_id"),
        Index("ix_trial_row_change", "trial_id", "change", "id"),
    )
    id: Mapped[int] = key()
    trial_id: Mapped[int] = refers("trial.id", index=False)
    call_id: Mapped[int] = refers("call.id")
    expected_value: Mapped[str | None] = mapped_column(Text)
    """The label as it was; NULL where there was none."""
    change: Mapped[str] = mapped_column(String(15))
    """A RowChange."""
    before_status: Mapped[str | None] = mapped_column(String(20))
    before_value: Mapped[str | None] = mapped_column(Text)
    before_explanation: Mapped[str] = mapped_column(Text, default="")
    after_status: Mapped[str | None] = mapped_column(String(20))
    after_value: Mapped[str | None] = mapped_column(Text)
    after_explanation: Mapped[str] = mapped_column(Text, default="")


class StoredVerdict(Base):
    """A paid answer, committed when it arrived. Serves retries, resume and replay of its own job."""

    __tablename__ = "verdict"
    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"), primary_key=True)
    call_id: Mapped[int] = mapped_column(Key, ForeignKey("call.id"), primary_key=True)
    job_id: Mapped[int] = mapped_column(Key, ForeignKey("job.id"), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    sample: Mapped[int] = mapped_column(primary_key=True, default=0)
    status: Mapped[str] = mapped_column(String(20))
    value: Mapped[str | None] = mapped_column(Text)
    explanation: Mapped[str] = mapped_column(Text, default="")
    cause: Mapped[str] = mapped_column(Text, default="")
    calls: Mapped[int] = mapped_column(default=1)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = created()


class StoredAnswer(Base):
    """A paid answer of the writer, kept for the retry of the same job."""

    __tablename__ = "writer_answer"
    job_id: Mapped[int] = mapped_column(Key, ForeignKey("job.id"), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
    calls: Mapped[int] = mapped_column(default=1)
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = created()


class Job(Base):
    """What a worker does, and the progress id that pages and MCP poll. See `core.jobs`."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_status", "status", "not_before"),)
    id: Mapped[int] = key()
    project_id: Mapped[int | None] = refers_or_null("project.id", index=True)
    kind: Mapped[str] = mapped_column(String(20))
    """optimise, evaluate, trial or deliver."""
    subject_id: Mapped[int] = mapped_column(Key, index=True)
    """The result, metric, trial or delivery that the job is about."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(String(10), default="queued")
    """queued, running, finished, failed or cancelled."""
    token: Mapped[str | None] = mapped_column(String(32))
    attempt: Mapped[int] = mapped_column(default=0)
    enqueued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    not_before: Mapped[datetime | None] = mapped_column(UTCDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    stage: Mapped[str] = mapped_column(String(100), default="")
    calls_done: Mapped[int] = mapped_column(default=0)
    calls_expected: Mapped[int] = mapped_column(default=0)
    dedupe_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    error: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class Delivery(Base):
    """One message to one recipient, written in the transaction that finished its run."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", "channel", "recipient"),
        Index("uq_delivery_dedupe_key", "dedupe_key", unique=True),
    )
    id: Mapped[int] = key()
    project_id: Mapped[int | None] = refers_or_null("project.id", index=True)
    run_id: Mapped[int | None] = refers_or_null("run.id")
    kind: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20), default="email")
    recipient: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(15), default="waiting")
    """waiting, sending, sent, fate_unknown or failed."""
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    webhook_id: Mapped[int | None] = refers_or_null("webhook.id")
    dedupe_key: Mapped[str | None] = mapped_column(String(100))
    """For what is about no run: a new live version, a week's reminder."""
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    subject: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    fates_unknown: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class Webhook(Base):
    """Where else a project's news goes: a chat channel or a program of the team's own."""

    __tablename__ = "webhook"
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id")
    schedule_id: Mapped[int | None] = refers_or_null("schedule.id", index=True)
    """The schedule whose runs are told; NULL for one that hears of every new live definition."""
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    """slack or json."""
    sealed_url: Mapped[str] = mapped_column(Text)
    """Encrypted: whoever knows a chat webhook's address can write to the channel."""
    host: Mapped[str] = mapped_column(String(300))
    """The part of the address that people may see."""
    sealed_secret: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[int | None] = refers_or_null("user.id")
    created_at: Mapped[datetime] = created()
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Notification(Base):
    """News for one person inside the dashboard, once each."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notification_unread", "user_id", "project_id", "read_at"),
    )
    id: Mapped[int] = key()
    user_id: Mapped[int] = refers("user.id", index=False, cascade=True)
    project_id: Mapped[int] = refers("project.id")
    key: Mapped[str] = mapped_column(String(100))
    """What it is about, such as `run 12`."""
    text: Mapped[str] = mapped_column(Text)
    run_id: Mapped[int | None] = refers_or_null("run.id")
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class ProcessBeat(Base):
    """The last sign of life of a worker or scheduler process."""

    __tablename__ = "process_beat"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)


class AuditEvent(Base):
    """Who did what, when, from where and why; written in the transaction of the deed.

    Append-only: triggers refuse UPDATE and DELETE in the database itself.
    """

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_project", "project_id", "id"),)
    id: Mapped[int] = key()
    project_id: Mapped[int | None] = refers_or_null("project.id")
    at: Mapped[datetime] = created()
    user_id: Mapped[int | None] = refers_or_null("user.id")
    actor: Mapped[str] = mapped_column(String(320))
    origin: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(50))
    subject: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


APPEND_ONLY = {
    "sqlite": [
        f"""CREATE TRIGGER audit_event_no_{verb.lower()} BEFORE {verb} ON audit_event
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END"""
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'audit_event is append-only'; END $$""",
        """CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION audit_event_append_only()""",
    ],
}
"""By dialect, the statements that keep the audit from being rewritten."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(
            AuditEvent.__table__,
            "after_create",
            DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
