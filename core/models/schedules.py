"""Schedules and the record of every due moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import Key, created, key, refers, refers_or_null


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
