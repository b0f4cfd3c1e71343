"""What people and programs are told, and by which way."""

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
