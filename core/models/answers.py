"""Model answers that were paid for, kept so that nothing is paid for twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from core.models.columns import Key, created


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
