"""Metrics and the versions of their definitions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import Key, created, key, refers, refers_or_null
from core.terms import Definition, EvalSettings, EvalType, MetricType, Trigger, TriggerKind


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
