"""Who did what, when, from where and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.models import AuditEvent
from core.terms import Actor


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    project_id: int | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an audit row into the transaction of the deed itself, so that neither is without the other."""
    session.add(
        AuditEvent(
            project_id=project_id,
            user_id=actor.user_id,
            actor=actor.name,
            origin=actor.origin.value,
            action=action,
            subject=subject[:300],
            reason=reason,
            details=dict(details or {}),
        )
    )
