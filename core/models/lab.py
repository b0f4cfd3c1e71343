"""Calls, the rows of the Labs, and how both came in and changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import Key, created, key, refers, refers_or_null


class Call(Base):
    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("project_id", "external_id"),
        Index("ix_call_project_digest", "project_id", "digest"),
        Index(
            "ix_call_repeated",
            "project_id",
            "digest",
            sqlite_where=text("repeated IS 1"),
            postgresql_where=text("repeated IS true"),
        ),
    )
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    external_id: Mapped[str] = mapped_column(String(200))
    transcript: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the turns' roles and contents: equal for identical transcripts."""
    repeated: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the project has another call with this digest; told when calls come in, as none ever goes."""
    group: Mapped[str | None] = mapped_column(String(200))
    """Calls of one conversation share it; a split never parts them."""
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSON, default=dict)
    created_at: Mapped[datetime] = created()


class MetricReview(Base):
    """One row of a Lab: a call, what the live metric said of it and what a person says."""

    __tablename__ = "metric_review"
    __table_args__ = (
        UniqueConstraint("metric_id", "call_id"),
        Index("ix_metric_review_labelled", "metric_id", "labelled", "expected_value"),
        Index("ix_metric_review_labelled_at", "metric_id", "labelled_at"),
        Index("ix_metric_review_unstable", "metric_id", "unstable"),
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
