"""The audit, which nobody can rewrite."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Index,
    String,
    Text,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from core.models.columns import created, key, refers_or_null


class AuditEvent(Base):
    """Who did what, when, from where and why; written in the transaction of the deed.

    Append-only: triggers refuse to change, delete or replace a row in the database itself.
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


NO_REPLACE = """CREATE TRIGGER IF NOT EXISTS audit_event_no_replace BEFORE INSERT ON audit_event
WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END"""
"""For SQLite, whose INSERT OR REPLACE deletes a row without firing a trigger on DELETE. The id that the table
gives a row itself is not known yet when the trigger looks, and is −1 there."""

APPEND_ONLY = {
    "sqlite": [
        f"""CREATE TRIGGER audit_event_no_{verb.lower()} BEFORE {verb} ON audit_event
        BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END"""
        for verb in ("UPDATE", "DELETE")
    ]
    + [NO_REPLACE],
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
