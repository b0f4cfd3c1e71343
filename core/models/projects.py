"""Projects, their model endpoints, and what holds for the whole installation."""

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

from core.db import Base, UTCDateTime
from core.models.columns import Key, created, key


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


class Setting(Base):
    """Small facts about this installation, such as whether the demo was loaded."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
