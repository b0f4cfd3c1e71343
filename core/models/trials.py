"""Definitions that were tried on a Lab without being saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import created, key, refers, refers_or_null


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
