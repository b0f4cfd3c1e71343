"""Runs, what they came to on each metric and row, and the proposals that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import Key, created, key, refers, refers_or_null
from core.terms import ResultState

WAITING, ACTIVE, DONE = (state.value for state in ResultState)
UNFINISHED = (WAITING, ACTIVE)
"""States of results, by name: an index finds these, and nothing finds what is not done."""


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
        Index("ix_result_state", "metric_id", "state"),
        Index("ix_result_spent", "run_id", "calls", "cost"),
        Index("ix_result_month", "finished_at", "run_id", "calls", "cost"),
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
