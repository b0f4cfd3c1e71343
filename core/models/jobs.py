"""Work that waits or is done, and the processes that do it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Index,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import Key, created, key, refers_or_null


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


class ProcessBeat(Base):
    """The last sign of life of a worker or scheduler process."""

    __tablename__ = "process_beat"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)
